import { expect } from 'vitest';
import type { DistributeConfig } from '../../../../../main/distribute/config/distribute-config.ts';
import { historyFile, readKnown } from '../../../../../main/distribute/history/history-file.ts';
import type { DistributeResult } from '../../../../../main/distribute/results/distribute-result.ts';
import { place } from '../../place.ts';

/** A suite with one file that is to be run in parts. */
export interface LongFile {
  readonly files: Readonly<Record<string, string>>;
  /** Its path, and what it becomes: with tests that are new, and without some that there were. */
  readonly file: string;
  readonly changed: string;
  readonly config: DistributeConfig;
  /** Called with the project's folder before it is run. */
  readonly prepare?: (directory: string) => void;
}

/** Names and verdicts of a file's tests; their order may be one of chance. */
const told = ({ files }: DistributeResult, path: string) =>
  files
    .filter(({ file }) => file === path)
    .flatMap(({ verdict, tests }) => [
      verdict,
      ...tests.map((each) => `${each.name}: ${each.verdict}`).sort(),
    ]);

/**
 * Runs the file whole and in parts, as it is and changed: each test has the same verdict. Gives the results
 * of the parts of the unchanged file.
 */
export async function splitAlike({ files, file, changed, config, prepare }: LongFile) {
  const { run, write, directory, results } = place(files);
  prepare?.(directory);
  // A copy of a part that a busy machine is slow with would be one result more.
  const both = { ...config, localRunners: 2, copies: false };
  const whole = await run({ ...both, split: false });
  const known = readKnown(historyFile(directory)).history[file]?.tests ?? {};
  expect(Object.keys(known).length, JSON.stringify(whole.files)).toBeGreaterThan(2);
  // It takes long, as far as the next run knows.
  const tests = Object.fromEntries(Object.keys(known).map((name) => [name, 10_000]));
  const ms = 10_000 * Object.keys(known).length;
  const long = { startMs: 1, files: { [file]: { ms, runs: 1, failed: false, tests } } };
  const remember = () => write('.shakedown/distribute/history.json', JSON.stringify({ version: 1, ...long }));
  const inParts = async () => {
    remember();
    results.length = 0;
    const result = await run(both);
    return { result, parts: results.filter((each) => each.file.startsWith(`${file} [`)) };
  };
  const { result, parts } = await inParts();
  expect(told(result, file)).toEqual(told(whole, file));
  expect(parts).toHaveLength(2);
  for (const part of parts) expect(part.tests.length, 'each runs some').toBeGreaterThan(0);
  write(file, changed);
  const { result: later } = await inParts();
  expect(told(later, file)).toEqual(told(await run({ ...both, split: false }), file));
  return parts;
}
