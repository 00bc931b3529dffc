import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { asShakedownError } from '../../../common/errors.ts';
import { sideBySide } from '../../../common/side-by-side.ts';
import { RefusedError } from '../client/jobs-api.ts';
import type { JobContext } from './job-context.ts';

/** Files that are sent at once. */
const atOnce = 4;

/** Keeps all files below some folders with the job, each `as` something; gives what could not be sent. */
export async function sendFiles(
  context: Pick<JobContext, 'addArtifact'>,
  places: readonly { readonly folder: string; readonly as: string }[],
): Promise<readonly string[]> {
  const all = places.flatMap(({ folder, as }) =>
    filesBelow(folder).map((file) => ({ file, path: join(as, relative(folder, file)) })),
  );
  const problems: string[] = [];
  let over = false;
  await sideBySide(all, atOnce, undefined, async ({ file, path }) => {
    if (over) return;
    try {
      await context.addArtifact(path, file);
    } catch (error) {
      // An attempt that is over wants no more of it.
      if (error instanceof RefusedError && error.status === 409) over = true;
      else problems.push(`${path}: ${asShakedownError(error).message}`);
    }
  });
  return problems;
}

/** Plain files; what a link points to is told by no evidence. */
function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder) || !lstatSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
