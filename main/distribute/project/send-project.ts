import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import type { Agent } from '../../agent/agent.ts';
import type { Manifest } from './manifest.ts';
import type { Look } from './shared-look.ts';

export interface SentProject {
  /** The project's folder on the node; absolute. */
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  readonly deleted: number;
  /** ms */
  readonly took: number;
}

/** What of a project is to be on a node. */
export interface LocalProject {
  /** Reads the files anew; what has not changed since costs little. */
  readonly manifest: Look<Manifest>;
}

/** An editor may save while files are on their way: so often it is looked again. */
const tries = 3;

/**
 * Makes the project's folder on a node what the project is here; only what differs travels. Throws
 * ShakedownError when the node's disk is full, or files change all the time.
 */
export async function sendProject(
  agent: Agent,
  project: LocalProject,
  target: string,
  signal: AbortSignal,
): Promise<SentProject> {
  const begin = performance.now();
  let [sent, bytes, deleted] = [0, 0, 0];
  let trouble: unknown;
  let changedBy: number | undefined;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const { files, sizes, folders } = await project.manifest(changedBy);
    const plan = await agent.planProject(target, files, { signal });
    const missing = plan.missing.filter((index) => index < files.length);
    deleted += plan.deleted;
    if (missing.length > 0) {
      try {
        for (const [folder, some] of Map.groupBy(missing, (index) => folders[index] ?? '')) {
          const entries = some.map((index) => files[index]?.[0] ?? '');
          await agent.upload(folder, plan.directory, { entries, signal });
        }
      } catch (error) {
        // A file that is gone by now is none of the project's.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        trouble = error;
        changedBy = performance.now();
        continue;
      }
    }
    const { wrong } = missing.length > 0 ? await agent.call('checkProject', {}, { signal }) : { wrong: [] };
    sent += missing.length;
    bytes += missing.reduce((sum, index) => sum + (sizes[index] ?? 0), 0);
    const took = Math.round(performance.now() - begin);
    if (wrong.length === 0) return { directory: plan.directory, files: sent, bytes, deleted, took };
    changedBy = performance.now();
    trouble = new ShakedownError({ message: `${files[wrong[0] ?? 0]?.[0]} did not arrive as it was` });
  }
  throw new ShakedownError({
    message: `the project changes while it is sent: ${asShakedownError(trouble).message}`,
    hint: 'wait until what writes into it has ended, or leave its output out: --ignore',
  });
}
