import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../common/events.ts';
import { isDiskFull } from '../../common/system-errors.ts';
import { printable } from '../../common/text/printable.ts';
import { LineFiles } from './line-files.ts';
import { loggedLine } from './logged-line.ts';
import { privateFolder, runsDirectory } from './run-folders.ts';
import type { RunStore } from './run-store.ts';

/** A RunStore on disk. Lines are appended whole, so that a kill at any moment leaves readable files. */
export class FileRunStore implements RunStore {
  readonly id: string;
  readonly directory: string;
  readonly #clock: () => number;
  readonly #mask: (text: string) => string;
  readonly #made = new Set<number>();
  readonly #lines = new LineFiles((error) => {
    // Nowhere is left to tell of it until the run ends.
    this.#full ||= isDiskFull(error);
  });
  #full = false;

  /** `mask`: what a line must not hold is taken out of it. */
  constructor(
    base: string,
    id: string,
    clock: () => number,
    mask: (text: string) => string = (text) => text,
  ) {
    this.id = id;
    this.directory = join(runsDirectory(base), id);
    this.#clock = clock;
    this.#mask = mask;
  }

  /** Whether a line could not be written because the disk was full. */
  get full(): boolean {
    return this.#full;
  }

  nodeDirectory(node: number): string {
    const directory = join(this.directory, 'nodes', String(node));
    if (!this.#made.has(node)) mkdirSync(directory, { recursive: true, mode: privateFolder });
    this.#made.add(node);
    return directory;
  }

  log(message: string, node?: number): void {
    const stamp = new Date(this.#clock()).toISOString();
    const text = printable(this.#mask(message)).replaceAll('\n', '\n    ');
    const where = node === undefined ? '' : `[node ${node}] `;
    this.#lines.append(join(this.directory, 'tester.log'), `${stamp} ${where}${text}\n`);
    if (node !== undefined) this.#logOfNode(node, `${stamp} ${text}\n`);
  }

  /** Adds a line to `events.ndjson`, and what a person would want to read of it to the log. */
  appendEvent(event: RunEvent): void {
    this.#lines.append(join(this.directory, 'events.ndjson'), `${JSON.stringify(event)}\n`);
    const line = loggedLine(event);
    if (line !== undefined) this.log(line.text, line.node);
  }

  /** All lines are in their files. */
  flush(): void {
    this.#lines.flush();
  }

  /** A full disk must not end the run: what cannot be written is lost, the run is not. */
  #logOfNode(node: number, line: string): void {
    try {
      this.#lines.append(join(this.nodeDirectory(node), 'tester.log'), line);
    } catch (error) {
      this.#full ||= isDiskFull(error);
    }
  }
}
