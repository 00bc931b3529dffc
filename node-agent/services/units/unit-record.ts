import { unwound } from '../../../common/unwound.ts';
import type { AgentState } from '../../agent-state.ts';
import { HeldBackList } from '../../packages/held-back-list.ts';
import { changeUnit } from '../../systemd/change-unit.ts';
import { unitProperties } from '../../systemd/unit-properties.ts';
import { killUnit, resetFailed } from '../../systemd/units.ts';
import { letAllRestart } from './held-down.ts';

interface StartedUnit {
  readonly unit: string;
  /** It ran before any agent touched it, and shall run again in the end. */
  readonly wasUp: boolean;
  /** An installation had held it back, as it is again once it is stopped. */
  readonly heldBack?: boolean;
}

/** Of some units those that systemd must stop, the last one first. */
async function notStopped(units: readonly string[]): Promise<readonly string[]> {
  const states = await Promise.all(units.map((unit) => activeState(unit).catch(() => '')));
  return units.filter((_, index) => !['inactive', 'failed'].includes(states[index] ?? '')).reverse();
}

async function activeState(unit: string): Promise<string> {
  const properties = await unitProperties(unit, { ofUnit: ['ActiveState'], ofKind: [] });
  return properties.get('ActiveState') ?? '';
}

/** Units that agents started on this node and that are to be stopped; on disk, in the order of starting. */
export class UnitRecord {
  readonly #state: AgentState;

  constructor(state: AgentState) {
    this.#state = state;
  }

  /** A unit that is on record already stays there as it is. */
  add(unit: string, how: Omit<StartedUnit, 'unit'>): void {
    const all = this.#read();
    if (all.some((one) => one.unit === unit)) return;
    this.#state.write('units.json', [...all, { unit, ...how }]);
  }

  /**
   * Stops all of them, the last one first (those that were held back wait for the next start again), and
   * kills what is not gone after `within` seconds.
   */
  async stopAll(within = 10): Promise<void> {
    const again = this.#read().filter(({ heldBack }) => heldBack);
    if (again.length > 0) new HeldBackList(this.#state).add(again.map(({ unit }) => unit));
    for (const unit of await notStopped(this.#read().map((one) => one.unit))) {
      const stopped = changeUnit('stop', unit).then(() => true);
      if (await unwound(stopped, within)) continue;
      await killUnit(unit, 'SIGKILL');
      await stopped;
    }
    await letAllRestart();
  }

  /** Starts those again that ran before any agent came, and forgets all. Gives what could not be started. */
  async settle(): Promise<string[]> {
    const failed: string[] = [];
    for (const { unit } of this.#read().filter((one) => one.wasUp)) {
      await resetFailed(unit);
      const { exitCode } = await changeUnit('start', unit);
      if (exitCode !== 0) failed.push(unit);
    }
    if (this.#read().length > 0) this.#state.write('units.json', []);
    return failed;
  }

  #read(): StartedUnit[] {
    return this.#state.read<StartedUnit[]>('units.json', []);
  }
}
