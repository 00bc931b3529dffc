import { type BigIntStats, lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ProjectFile } from '../../common/protocol/project-protocol.ts';
import type { AgentState } from '../agent-state.ts';

/** What a file was when its content was last known: a file that has other marks is read again. */
type Marks = readonly [inode: string, size: string, modified: string, changed: string];

interface Known {
  readonly content: string;
  readonly marks: Marks;
}

/** By path; null for what was to be sent and may not have come. */
type Index = Readonly<Record<string, Known | null>>;

const record = 'synced-files.json';

/** What earlier syncs brought into a project's folder, as the agent's state remembers it. */
export class SyncedFiles {
  readonly #state: AgentState;
  readonly #files: Map<string, Known | null>;
  #changed = false;

  constructor(state: AgentState) {
    this.#state = state;
    this.#files = new Map(Object.entries(state.read<Index>(record, {})));
  }

  /** Paths that an earlier sync brought, or was about to. */
  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** The content that a file is known to have, where nothing has changed it since. */
  contentOf(path: string, stats: BigIntStats): string | undefined {
    const known = this.#files.get(path);
    return known && known.marks.join() === marksOf(stats).join() ? known.content : undefined;
  }

  /** A file has this content now. */
  know(path: string, content: string, stats: BigIntStats): void {
    this.#files.set(path, { content, marks: marksOf(stats) });
    this.#changed = true;
  }

  /** A file is to be sent. */
  expect(path: string): void {
    this.#files.set(path, null);
    this.#changed = true;
  }

  forget(path: string): void {
    this.#changed = this.#files.delete(path) || this.#changed;
  }

  /** On disk when it returns: what is not written down would never be deleted. */
  save(): void {
    if (!this.#changed) return;
    this.#state.write(record, Object.fromEntries(this.#files));
    this.#changed = false;
  }
}

const marksOf = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): Marks => [
  String(ino),
  String(size),
  String(mtimeNs),
  String(ctimeNs),
];

/** ms for which files are looked at, until something else gets its turn. */
const turn = 10;
let turnBegan = 0;

/**
 * Undefined where there is nothing, also where something on the way is no folder. Of thousands each is known
 * to the kernel, mostly: to have another thread ask takes longer than the answer.
 */
export async function lookAt(file: string): Promise<BigIntStats | undefined> {
  if (performance.now() - turnBegan > turn) {
    await setImmediate();
    turnBegan = performance.now();
  }
  return lstatSync(file, { bigint: true, throwIfNoEntry: false });
}

export const isLink = ([, , content]: ProjectFile): boolean => content.startsWith('->');
