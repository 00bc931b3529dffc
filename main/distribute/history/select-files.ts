import { UsageError } from '../../../common/errors.ts';
import type { WaitingFile } from '../hand-out/batch.ts';
import type { History } from './history.ts';

/** Which of the files are run, and in which order. */
export interface Selection {
  /** `2/5`: the second of five parts, for CI services that start several machines by themselves. */
  readonly shard?: string;
  /** Only those that failed or were not run the last time, and those that are new. */
  readonly onlyFailed: boolean;
  /** In an order that is a matter of chance, the same for the same number. */
  readonly seed?: number;
}

/**
 * The files that are asked for, in their order. Parts are by the files' names alone: every machine comes to
 * the same ones, whatever it remembers. Throws UsageError.
 */
export function selectFiles(
  files: readonly WaitingFile[],
  history: History,
  { shard, onlyFailed, seed }: Selection,
): readonly WaitingFile[] {
  const part = shard === undefined ? files : partOf(files, shard);
  const some = onlyFailed ? part.filter(({ path }) => history[path]?.failed !== false) : part;
  return seed === undefined ? some : shuffled(some, seed);
}

function partOf(files: readonly WaitingFile[], shard: string): readonly WaitingFile[] {
  const [, number, count] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
  if (!number || !count || number > count) {
    throw new UsageError(`--shard takes the number of a part and how many there are; found '${shard}'.`, {
      hint: '--shard 1/4',
    });
  }
  const names = files.map(({ path }) => path).sort();
  const own = new Set(names.filter((_, index) => index % count === number - 1));
  return files.filter(({ path }) => own.has(path));
}

/** Fisher and Yates, by numbers of mulberry32 (https://github.com/bryc/code/blob/master/jshash/PRNGs.md). */
function shuffled(files: readonly WaitingFile[], seed: number): readonly WaitingFile[] {
  const all = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = all.length - 1; last > 0; last -= 1) {
    const place = Math.floor(next() * (last + 1));
    const [one, other] = [all[last], all[place]];
    if (one && other) [all[last], all[place]] = [other, one];
  }
  return all;
}
