import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { asShakedownError, ShakedownError } from '../../common/errors.ts';
import type { RunEvent } from '../../common/events.ts';
import { describeAct } from '../../common/machine-acts.ts';
import { printable } from '../../common/printable.ts';
import { processIdentity } from '../../common/process-identity.ts';
import type { RunStore } from './run-store.ts';

/** Where a folder's runs lie. */
export const runsDirectory = (directory: string): string => join(directory, '.shakedown', 'runs');

/** A RunStore on disk. Lines are appended whole, so that a kill at any moment leaves readable files. */
export class FileRunStore implements RunStore {
  readonly id: string;
  readonly directory: string;
  readonly #base: string;
  readonly #clock: () => number;
  readonly #made = new Set<number>();

  constructor(base: string, id: string, clock: () => number) {
    this.id = id;
    this.directory = join(runsDirectory(base), id);
    this.#base = base;
    this.#clock = clock;
  }

  nodeDirectory(node: number): string {
    const directory = join(this.directory, 'nodes', String(node));
    if (!this.#made.has(node)) mkdirSync(directory, { recursive: true });
    this.#made.add(node);
    return directory;
  }

  log(message: string, node?: number): void {
    const stamp = new Date(this.#clock()).toISOString();
    const text = printable(message).replaceAll('\n', '\n    ');
    this.#append(
      join(this.directory, 'tester.log'),
      `${stamp} ${node === undefined ? '' : `[node ${node}] `}${text}\n`,
    );
    if (node !== undefined) this.#append(join(this.nodeDirectory(node), 'tester.log'), `${stamp} ${text}\n`);
  }

  /** Adds a line to `events.ndjson`, and what a person would want to read of it to the log. */
  appendEvent(event: RunEvent): void {
    this.#append(join(this.directory, 'events.ndjson'), `${JSON.stringify(event)}\n`);
    const line = loggedLine(event);
    if (line !== undefined) this.log(line.text, line.node);
  }

  display(path: string): string {
    return path.startsWith('nodes/') || path === 'tester.log'
      ? path
      : relative(this.#base, join(this.directory, path));
  }

  async writeFile(name: string, content: string): Promise<void> {
    await writeFile(join(this.directory, name), content);
  }

  async close(): Promise<void> {}

  /** A full disk must not end the run: what cannot be written is lost, the run is not. */
  #append(file: string, line: string): void {
    try {
      appendFileSync(file, line);
    } catch {
      // Nowhere is left to tell of it.
    }
  }
}

/**
 * Makes a new run's directory below `directory`, and points `latest`, `nodes` and `tester.log` at it. Throws
 * ShakedownError when there is no room for it.
 */
export async function createRun(
  directory: string,
  options: { clock?: () => number } = {},
): Promise<FileRunStore> {
  const clock = options.clock ?? Date.now;
  const stamp = new Date(clock()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const store = new FileRunStore(directory, `${stamp}-${randomBytes(2).toString('hex')}`, clock);
  try {
    mkdirSync(join(store.directory, 'nodes'), { recursive: true });
    writeFileSync(join(directory, '.shakedown', '.gitignore'), '*\n');
    writeFileSync(join(store.directory, 'owner.json'), JSON.stringify(processIdentity()));
    writeFileSync(join(store.directory, 'tester.log'), '');
  } catch (error) {
    rmSync(store.directory, { recursive: true, force: true });
    const { message, details } = asShakedownError(error);
    const where = `the run's directory ${store.directory} cannot be made`;
    throw new ShakedownError({ ...details, message: `${where}: ${message}` }, { cause: error });
  }
  pointAt(store.id, join(runsDirectory(directory), 'latest'));
  for (const name of ['nodes', 'tester.log']) {
    const link = join(directory, name);
    if (!pointAt(join('.shakedown/runs/latest', name), link)) {
      store.log(`${link} is not ours and stays; this run's is ${join(store.directory, name)}`);
    }
  }
  return store;
}

/** Makes or moves a link in one step; false when something that is no link has the name. */
function pointAt(target: string, link: string): boolean {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there && !there.isSymbolicLink()) return false;
  const fresh = `${link}.${process.pid}`;
  if (existsSync(fresh)) unlinkSync(fresh);
  symlinkSync(target, fresh);
  renameSync(fresh, link);
  return true;
}

function loggedLine(event: RunEvent): { text: string; node?: number } | undefined {
  const on = (text: string, node: number | undefined) => (node === undefined ? { text } : { text, node });
  switch (event.type) {
    case 'phase-started':
      return on(`${event.phase} …`, event.node);
    case 'phase-ended':
      return on(
        `${event.timing.phase}: ${event.timing.verdict} after ${event.timing.durationMs} ms`,
        event.timing.node,
      );
    case 'note':
      return on(event.message, event.node);
    case 'machine-act':
      return on(`${describeAct(event.done)}, after ${event.done.durationMs} ms`, event.done.node);
    case 'check-ended':
      return on(
        `check ${event.check.verdict}: ${event.check.name}${event.check.message ? `: ${event.check.message}` : ''}`,
        undefined,
      );
    case 'failure':
      return on(
        `${event.first ? 'first failure' : 'failure'}: ${JSON.stringify(event.failure)}`,
        event.failure.node,
      );
    case 'run-ended':
      return on(
        `verdict ${event.verdict} after ${event.durationMs} ms, exit code ${event.exitCode}`,
        undefined,
      );
    default:
      return undefined;
  }
}
