import { readFileSync, rmSync } from 'node:fs';
import type { AgentState } from '../agent-state.ts';

/**
 * The units that installations on this node kept from starting and that have not been started since, in the
 * order in which their packages asked. On disk: the run that starts them need not be the one that installed.
 */
export class HeldBackList {
  /** A file to which names are appended while packages come in, one a line. */
  readonly journal: string;
  readonly #state: AgentState;

  constructor(state: AgentState) {
    this.#state = state;
    this.journal = state.path('held-back');
  }

  /** Names without `.service`; those of an installation that was broken off, too. */
  all(): string[] {
    const listed = this.#state.read<string[]>('held-back.json', []);
    return [...new Set([...listed, ...this.#asked()].map(withoutService))];
  }

  /** Puts units on the list; on disk when it returns, with all that the journal has. */
  add(units: readonly string[]): void {
    this.#write([...this.all(), ...units]);
  }

  remove(unit: string): void {
    this.#write(this.all().filter((one) => one !== withoutService(unit)));
  }

  #write(units: readonly string[]): void {
    const wanted = [...new Set(units.map(withoutService))];
    const listed = this.#state.read<string[]>('held-back.json', []);
    if (wanted.join('\n') !== listed.join('\n')) this.#state.write('held-back.json', wanted);
    rmSync(this.journal, { force: true });
  }

  #asked(): string[] {
    try {
      const lines = readFileSync(this.journal, 'utf8').split('\n');
      return lines.map((line) => line.trim()).filter(Boolean);
    } catch {
      return [];
    }
  }
}

/** A unit's name as the list has it. */
export const withoutService = (unit: string): string => unit.replace(/\.service$/, '');
