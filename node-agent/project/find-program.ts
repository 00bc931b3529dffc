import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FindProgramParams } from '../../common/protocol/project-protocol.ts';

/** Whether execvp(3) would find a program that this user may run. */
export async function findProgram({
  program,
  directory,
  path = process.env.PATH ?? '',
}: FindProgramParams): Promise<{ readonly found: boolean }> {
  const folders = program.includes('/') ? [''] : path.split(':');
  for (const folder of folders) {
    if (await canBeRun(resolve(directory, folder, program))) return { found: true };
  }
  return { found: false };
}

async function canBeRun(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
