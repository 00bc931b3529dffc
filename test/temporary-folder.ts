import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Short, for the sockets in it: their paths have 107 characters (unix(7)). */
const prefix = 'sdt-';

/**
 * Vitest's global setup: what tests leave in the folder for temporary files goes when all are over. Each
 * project calls it; the first one makes the folder.
 */
export default function setup(): (() => void) | undefined {
  const before = process.env.TMPDIR;
  if (basename(before ?? '').startsWith(prefix)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), prefix));
  // Some tests run commands as another user.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
