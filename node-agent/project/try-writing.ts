import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RefusedFolder } from '../../common/protocol/project-protocol.ts';

/** Bytes: less room than this is none. */
const bytes = 64 * 1024;

/** Writes something into each folder, and takes it away again. Gives those in which that fails. */
export async function tryWriting(folders: readonly string[]): Promise<readonly RefusedFolder[]> {
  const refused: RefusedFolder[] = [];
  for (const folder of folders) {
    const file = join(folder, `.shakedown-${randomBytes(8).toString('hex')}`);
    try {
      await writeFile(file, Buffer.alloc(bytes), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      refused.push({ folder, message: (error as Error).message });
    } finally {
      await rm(file, { force: true }).catch(() => undefined);
    }
  }
  return refused;
}
