import type { WaitingFile } from '../hand-out/batch.ts';
import type { SplitByTests } from '../kinds/split-by-tests.ts';
import type { History } from './history.ts';

/** What is to be known for long files to be run in parts. */
export interface Splitting {
  readonly history: History;
  readonly runners: number;
  /** ms that a process takes beside its tests. */
  readonly startMs: number;
  readonly by: Pick<SplitByTests, 'idOf' | 'keys'>;
}

/** ms of tests below which a part is not worth its process. */
const least = 500;

/** Of ids, for a command line takes only so much. */
const mostLetters = 50_000;

/**
 * A file that alone takes longer than all that is to do divided by the runners keeps the others waiting: it
 * is run in parts, by its tests as they were the last time. Each part leaves out what the others run, so a
 * test that is new is run by all of them, and none is lost.
 */
export function splitLong(files: readonly WaitingFile[], splitting: Splitting): readonly WaitingFile[] {
  const share = files.reduce((sum, { expectedMs = 0 }) => sum + expectedMs, 0) / splitting.runners;
  if (splitting.runners < 2 || files.some(({ expectedMs }) => expectedMs === undefined)) return files;
  return files.flatMap((file) => {
    const { recordedMs = 0 } = file;
    const smallest = Math.max(least, 2 * splitting.startMs);
    if (recordedMs <= share || recordedMs < 2 * smallest) return [file];
    const wanted = Math.min(splitting.runners, Math.ceil(recordedMs / Math.max(share, smallest)));
    return partsOf(file, wanted, splitting) ?? [file];
  });
}

function partsOf(
  { path, recordedMs = 0 }: WaitingFile,
  wanted: number,
  { history, by }: Splitting,
): readonly WaitingFile[] | undefined {
  const tests = Object.entries(history[path]?.tests ?? {});
  const known = tests.flatMap(([name, ms]) => {
    const id = by.idOf(path, name);
    return id === undefined ? [] : [{ id, ms }];
  });
  const letters = known.reduce((sum, { id }) => sum + id.length, 0);
  if (known.length < tests.length || letters > mostLetters) return undefined;
  const groups = inseparable(known, by);
  const parts = spread(groups, Math.min(wanted, groups.length));
  if (parts.length < 2) return undefined;
  const all = known.reduce((sum, { ms }) => sum + ms, 0);
  return parts.map((part, index) => {
    const own = part.reduce((sum, { ms }) => sum + ms, 0);
    const others = parts.filter((other) => other !== part);
    const ms = Math.max(1, Math.round((recordedMs * own) / Math.max(1, all)));
    return {
      path: partName(path, index + 1, parts.length),
      ...{ expectedMs: ms, recordedMs: ms },
      part: { file: path, leftOut: others.flat().flatMap(({ ids }) => ids) },
    };
  });
}

/** Tests that stay together. */
interface Group {
  readonly ids: readonly string[];
  readonly ms: number;
}

/** Tests that cannot be left out one by one stay together. */
function inseparable(
  tests: readonly { readonly id: string; readonly ms: number }[],
  { keys }: Splitting['by'],
): readonly Group[] {
  const keyOf = keys?.(tests.map(({ id }) => id)) ?? ((id) => id);
  return [...Map.groupBy(tests, ({ id }) => keyOf(id)).values()].map((group) => ({
    ids: [...new Set(group.map(({ id }) => id))],
    ms: group.reduce((sum, { ms }) => sum + ms, 0),
  }));
}

/** The longest first, each to the part that has least so far. */
function spread(groups: readonly Group[], count: number): readonly (readonly Group[])[] {
  const parts = Array.from({ length: count }, (): { ms: number; groups: Group[] } => ({ ms: 0, groups: [] }));
  for (const group of groups.toSorted((one, other) => other.ms - one.ms)) {
    const [emptiest] = parts.toSorted((one, other) => one.ms - other.ms);
    emptiest?.groups.push(group);
    if (emptiest) emptiest.ms += group.ms;
  }
  return parts.map((part) => part.groups).filter(({ length }) => length > 0);
}

const partName = (file: string, part: number, of: number): string => `${file} [${part} of ${of}]`;

/** The file of a part's name, where it is one. */
export const fileOfPart = (name: string): string => name.replace(/ \[\d+ of \d+\]$/, '');
