import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reporter } from './reporter.ts';

/** `run.json`: all that the run came to, as data; whole at any moment. */
export const jsonReport: Reporter = {
  name: 'json',
  file: 'run.json',
  async report(run, directory) {
    const file = join(directory, 'run.json');
    await writeFile(`${file}.new`, `${JSON.stringify(run, undefined, 2)}\n`);
    await rename(`${file}.new`, file);
  },
};
