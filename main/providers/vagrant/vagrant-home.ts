import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stateRoot } from './cluster-folder.ts';

/** What is ours alone: the index of machines, locks, what is being downloaded. */
const own = ['data', 'tmp', 'rgloader', 'setup_version', 'insecure_private_key', 'insecure_private_keys'];

/**
 * A VAGRANT_HOME for our machines, so that `vagrant global-status` and `vagrant box prune` of the user know nothing of
 * them: the user's boxes, plugins, licences and Vagrantfile are linked from it, what vagrant writes about machines is
 * not. One for each home of a user (`~/.vagrant.d`, or where VAGRANT_HOME points), kept for its downloaded boxes.
 */
export async function ownVagrantHome(
  usersHome = process.env.VAGRANT_HOME ?? join(homedir(), '.vagrant.d'),
  root = stateRoot(),
): Promise<string> {
  const digest = createHash('sha256').update(usersHome).digest('hex').slice(0, 8);
  const home = join(root, `home-${digest}`);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const theirs = await readdir(usersHome).catch(() => []);
  for (const name of theirs.filter((each) => !own.includes(each))) {
    const link = join(home, name);
    if (existsSync(link)) continue;
    await symlink(join(usersHome, name), link).catch((error: NodeJS.ErrnoException) => {
      // Another process made it, or it points to what is gone.
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return home;
}
