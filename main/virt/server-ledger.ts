import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, processIdentity } from '../../common/processes/process-identity.ts';
import type { Ledger } from '../context/run-context.ts';
import type { RunName } from '../store/cluster-origins.ts';
import { FileLedger } from '../store/file-ledger.ts';
import { runsDirectory } from '../store/run-folders.ts';

/**
 * Where virtualisation servers keep their ledgers: autopkgtest's current folder may be a package's source.
 */
export const virtDirectory = (cacheDir: string): string => join(cacheDir, 'virt');

/** A server's own folder and the ledger in it, which goes with it unless something is left to undo. */
export interface ServerLedger extends AsyncDisposable {
  readonly directory: string;
  readonly name: RunName;
  readonly ledger: Ledger;
}

/**
 * Makes the folder `virt/.shakedown/runs/<id>` below the cache, as that of a
 * run, so that reap reads its ledger.
 */
export async function openServerLedger(cacheDir: string): Promise<ServerLedger> {
  const folder = virtDirectory(cacheDir);
  const run = randomBytes(3).toString('hex');
  const directory = join(runsDirectory(folder), run);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'owner.json'), JSON.stringify(processIdentity()));
  const ledger = new FileLedger(directory);
  return {
    directory,
    name: { folder, run },
    ledger,
    [Symbol.asyncDispose]: async () => {
      if (ledger.openEntries().length === 0) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Removes the folders of servers that were killed, once there is nothing left to undo in them. */
export async function removeOldLedgers(cacheDir: string): Promise<void> {
  const runs = runsDirectory(virtDirectory(cacheDir));
  for (const name of await readdir(runs).catch(() => [])) {
    const directory = join(runs, name);
    if (new FileLedger(directory).openEntries().length > 0) continue;
    const owner = await readFile(join(directory, 'owner.json'), 'utf8').catch(() => undefined);
    // Without an owner yet it is just being made.
    if (owner !== undefined && !isAlive(JSON.parse(owner)))
      await rm(directory, { recursive: true, force: true });
  }
}
