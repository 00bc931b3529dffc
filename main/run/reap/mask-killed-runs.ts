import { join } from 'node:path';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { count } from '../../report/words.ts';
import { isMaskingDue, maskLate } from '../../secrets/masking-due.ts';
import { runIds, runsDirectory } from '../../store/run-folders.ts';
import { runOwnerLives } from '../../store/run-owner.ts';

/**
 * Masks the secrets in what this folder's runs have left that were killed before they did so. Never throws.
 */
export async function maskKilledRuns(
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<{
  readonly lines: readonly string[];
  readonly failures: readonly ShakedownError[];
}> {
  const lines: string[] = [];
  const failures: ShakedownError[] = [];
  for (const id of await runIds(directory)) {
    const run = join(runsDirectory(directory), id);
    if (!isMaskingDue(run) || runOwnerLives(run)) continue;
    try {
      const { masked, missing } = await maskLate(run, env);
      const [problem] = masked.flatMap((each) => each.problem ?? []);
      const files = count(masked.filter(({ names }) => names.length > 0).length, 'file');
      lines.push(`masked the secrets in what run ${id} left, which was killed: ${files}`);
      if (missing.length > 0) failures.push(stillClear(id, run, missing));
      if (problem !== undefined) failures.push(new ShakedownError({ message: `${run}: ${problem}` }));
    } catch (error) {
      const { details } = asShakedownError(error);
      const message = `the secrets in what run ${id} left could not be masked: ${details.message}`;
      failures.push(new ShakedownError({ ...details, message }));
    }
  }
  return { lines, failures };
}

function stillClear(id: string, run: string, missing: readonly string[]): ShakedownError {
  const what = missing.join(', ');
  return new ShakedownError({
    message:
      `run ${id} was killed before it masked its secrets, and its files may hold in clear text what ` +
      `${what} had then: it is not there any more, or another one`,
    hint: `'shakedown reap' with these as they were then, or delete the files: rm -r ${run}`,
  });
}
