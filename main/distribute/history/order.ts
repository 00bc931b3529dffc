import { present } from '../../../common/present.ts';
import type { WaitingFile } from '../hand-out/batch.ts';
import type { History } from './history.ts';

/** A test file of the project. */
export interface SizedFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The slowest files first, by what earlier runs needed for them. A file that is new is placed by its size, as
 * if it were as slow for its bytes as the known ones; where nothing is known the biggest come first.
 */
export function slowestFirst(files: readonly SizedFile[], history: History): readonly WaitingFile[] {
  const known = files.flatMap(({ path, bytes }) => {
    const ms = history[path]?.ms;
    return ms === undefined ? [] : [{ ms, bytes }];
  });
  const [ms, bytes] = [sum(known.map((file) => file.ms)), sum(known.map((file) => file.bytes))];
  const perByte = bytes > 0 ? ms / bytes : 1;
  const guess = (file: SizedFile) => history[file.path]?.ms ?? file.bytes * perByte;
  return files
    .toSorted((one, other) => guess(other) - guess(one) || (one.path < other.path ? -1 : 1))
    .map(({ path, bytes: size }) => {
      const recordedMs = history[path]?.ms;
      const guessed = known.length > 0 ? size * perByte : undefined;
      return { path, expectedMs: recordedMs ?? guessed, ...present({ recordedMs }) };
    });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
