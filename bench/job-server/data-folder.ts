import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** One that the account of a database may enter. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bj'));
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
