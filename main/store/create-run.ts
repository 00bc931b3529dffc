import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { asShakedownError, ShakedownError } from '../../common/errors.ts';
import { processIdentity } from '../../common/processes/process-identity.ts';
import { FileRunStore } from './file-run-store.ts';
import { privateFile, privateFolder, runsDirectory } from './run-folders.ts';

/**
 * Makes a new run's directory below `directory`, and points `latest`, `nodes` and `tester.log` at it. Throws
 * ShakedownError when there is no room for it.
 */
export async function createRun(
  directory: string,
  options: { clock?: () => number; mask?: (text: string) => string } = {},
): Promise<FileRunStore> {
  const clock = options.clock ?? Date.now;
  const stamp = new Date(clock()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const store = new FileRunStore(
    directory,
    `${stamp}-${randomBytes(2).toString('hex')}`,
    clock,
    options.mask,
  );
  try {
    mkdirSync(join(store.directory, 'nodes'), { recursive: true, mode: privateFolder });
    writeFileSync(join(directory, '.shakedown', '.gitignore'), '*\n');
    writeFileSync(join(store.directory, 'owner.json'), JSON.stringify(processIdentity()), {
      mode: privateFile,
    });
    writeFileSync(join(store.directory, 'tester.log'), '', { mode: privateFile });
  } catch (error) {
    rmSync(store.directory, { recursive: true, force: true });
    const { message, details } = asShakedownError(error);
    const where = `the run's directory ${store.directory} cannot be made`;
    throw new ShakedownError({ ...details, message: `${where}: ${message}` }, { cause: error });
  }
  pointAt(store.id, join(runsDirectory(directory), 'latest'));
  for (const name of ['nodes', 'tester.log']) {
    const link = join(directory, name);
    if (!pointAt(join('.shakedown/runs/latest', name), link)) {
      store.log(`${link} is not ours and stays; this run's is ${join(store.directory, name)}`);
    }
  }
  return store;
}

/** Makes or moves a link in one step; false when something that is no link has the name. */
function pointAt(target: string, link: string): boolean {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there && !there.isSymbolicLink()) return false;
  const fresh = `${link}.${process.pid}`;
  if (existsSync(fresh)) unlinkSync(fresh);
  symlinkSync(target, fresh);
  renameSync(fresh, link);
  return true;
}
