import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';

const schema = z.strictObject({
  /** The project's files, relative to its folder: no git tells them here. */
  files: z.array(z.string()),
  /**
   * A folder, absolute, that stays: the project's history lies there, and by its name the project
   * has its places on the nodes.
   */
  home: z.string().startsWith('/'),
});

/** What a worker of a job server says of a project that was sent to it. */
export type SentProject = z.infer<typeof schema>;

/** Reads what `--sent` names. Throws UsageError. */
export function readSentProject(file: string): SentProject {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new UsageError(`--sent ${file}: it does not say what was sent: ${(error as Error).message}`);
  }
}
