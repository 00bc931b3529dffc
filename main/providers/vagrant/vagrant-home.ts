import { mkdir, readdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is a cluster's alone: the index of machines, locks, the key that everybody knows. */
const own = ['data', 'rgloader', 'setup_version', 'insecure_private_key', 'insecure_private_keys'];

/**
 * What vagrant makes where it is missing, and is to be there for the user as
 * well: downloads, whole and in part.
 */
const shared = ['boxes', 'tmp'];

/** `~/.vagrant.d`, or where VAGRANT_HOME points. */
const homeOfUser = (): string => process.env.VAGRANT_HOME ?? join(homedir(), '.vagrant.d');

/**
 * Makes `home` a VAGRANT_HOME for the machines of one cluster, so that `vagrant global-status` and `vagrant
 * box prune` of the user know nothing of them: the user's boxes, plugins, licences and Vagrantfile are linked
 * from it, what vagrant writes about machines is not, and goes with the cluster.
 */
export async function makeVagrantHome(home: string, usersHome = homeOfUser()): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (const name of shared) {
    // A user without a home has boxes as long as the cluster lasts.
    await mkdir(join(usersHome, name), { recursive: true }).catch(() => undefined);
  }
  const theirs = await readdir(usersHome).catch(() => []);
  const links = theirs.filter((name) => !own.includes(name));
  await Promise.all(links.map((name) => symlink(join(usersHome, name), join(home, name))));
}
