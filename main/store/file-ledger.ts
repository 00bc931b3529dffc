import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isDiskFull } from '../../common/system-errors.ts';
import type { Ledger, LedgerEntry } from '../context/run-context.ts';
import { privateFile, runIds, runsDirectory } from './run-folders.ts';
import { runOwnerLives } from './run-owner.ts';

/** One line of a ledger: what will be done, or that it has been undone. */
type Line = { readonly will: LedgerEntry } | { readonly settled: string };

const line: z.ZodType<Line> = z.union([
  z.object({ will: z.looseObject({ kind: z.string(), id: z.string() }) }),
  z.object({ settled: z.string() }),
]);

/** A ledger in a run's directory; a line is on the disk before `record` or `remove` resolves. */
export class FileLedger implements Ledger {
  readonly #file: string;
  /**
   * What comes while the disk is busy goes there together: a disk may need as long for one line as for many.
   */
  #next: { readonly lines: Line[]; readonly written: Promise<void> } | undefined;
  #before: Promise<void> = Promise.resolve();

  constructor(runDirectory: string) {
    this.#file = join(runDirectory, 'ledger');
  }

  record(entry: LedgerEntry): Promise<void> {
    return this.#append({ will: entry });
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#append({ settled: id });
    } catch (error) {
      const others = this.openEntries().some((entry) => entry.id !== id);
      if (others || !isDiskFull(error)) throw error;
      // With nothing else to undo, an empty ledger says the same, and needs no space.
      await truncate(this.#file);
    }
  }

  /**
   * What was recorded and not removed, in the order of its recording; a torn last line counts as not written.
   */
  openEntries(): readonly LedgerEntry[] {
    const entries = new Map<string, LedgerEntry>();
    for (const text of this.#text().split('\n')) {
      const parsed = parse(text);
      if (parsed && 'will' in parsed) entries.set(parsed.will.id, parsed.will);
      else if (parsed) entries.delete(parsed.settled);
    }
    return [...entries.values()];
  }

  #text(): string {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
  }

  #append(added: Line): Promise<void> {
    this.#next ??= this.#group();
    this.#next.lines.push(added);
    return this.#next.written;
  }

  #group(): { readonly lines: Line[]; readonly written: Promise<void> } {
    const lines: Line[] = [];
    const write = () => {
      this.#next = undefined;
      return this.#write(lines);
    };
    const written = this.#before.then(write, write);
    this.#before = written;
    return { lines, written };
  }

  async #write(lines: readonly Line[]): Promise<void> {
    // Who was killed while it wrote has left half a line; ours is not to become its end.
    const torn = !/(^|\n)$/.test(this.#text());
    const file: FileHandle = await open(this.#file, 'a', privateFile);
    try {
      const text = lines.map((each) => `${JSON.stringify(each)}\n`).join('');
      await file.appendFile(`${torn ? '\n' : ''}${text}`);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** A run's ledger that has something left to undo. */
export interface OpenLedger {
  readonly run: string;
  readonly ownerAlive: boolean;
  readonly entries: readonly LedgerEntry[];
  remove(id: string): Promise<void>;
}

/** The ledgers of a folder's runs that have something left to undo, the oldest first. */
export async function openLedgers(directory: string): Promise<readonly OpenLedger[]> {
  const runs = runsDirectory(directory);
  return (await runIds(directory)).toReversed().flatMap((run) => {
    const ledger = new FileLedger(join(runs, run));
    const entries = ledger.openEntries();
    if (entries.length === 0) return [];
    return [
      { run, entries, ownerAlive: runOwnerLives(join(runs, run)), remove: (id: string) => ledger.remove(id) },
    ];
  });
}

function parse(text: string): Line | undefined {
  try {
    return text === '' ? undefined : line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
