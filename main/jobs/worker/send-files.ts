import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { asShakedownError } from '../../../common/errors.ts';
import { RefusedError } from '../client/jobs-api.ts';
import type { JobContext } from './job-context.ts';

/** Keeps all files below some folders with the job, each `as` something; gives what could not be sent. */
export async function sendFiles(
  context: JobContext,
  places: readonly { readonly folder: string; readonly as: string }[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { folder, as } of places) {
    for (const file of filesBelow(folder)) {
      const path = join(as, relative(folder, file));
      try {
        await context.addArtifact(path, file);
      } catch (error) {
        // An attempt that is over wants no more of it.
        if (error instanceof RefusedError && error.status === 409) return problems;
        problems.push(`${path}: ${asShakedownError(error).message}`);
      }
    }
  }
  return problems;
}

/** Plain files; what a link points to is told by no evidence. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
