import { mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VagrantProject } from './vagrant-project.ts';

/**
 * The folder that vagrant is started in: one of the cluster's own, since tools that it starts write where
 * they stand, and leave that there when they are killed (lxc-update-config(1)). What lies beside the user's
 * Vagrantfile is linked there, for a Vagrantfile may read it by its bare name.
 */
export async function placeToStand({ cwd, dotfile }: VagrantProject): Promise<string> {
  const home = dirname(dotfile);
  const stand = join(home, 'standing');
  // Where another process has just taken the cluster's folder away, it is not made again.
  if (!(await done(mkdir(stand)))) return '/';
  if (cwd !== home) {
    for (const name of await readdir(cwd)) await done(symlink(join(cwd, name), join(stand, name)));
  }
  return stand;
}

/** Whether it is there, made now or before; false where its folder is missing. */
async function done(making: Promise<unknown>): Promise<boolean> {
  try {
    await making;
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}
