import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { clusterIdPattern, isClusterId } from '../cluster-id.ts';
import type { ClusterState } from '../host/cluster-state.ts';
import { stateHome } from '../host/state-home.ts';
import type { VagrantProject } from './vagrant-project.ts';

/** One machine as it was asked for: vagrant's name for it, and what makes it. */
export interface VagrantMachine {
  readonly name: string;
  /** `lxc`, `libvirt`, `virtualbox` … */
  readonly provider: string;
  /** Where its ssh server was found. */
  readonly host?: string;
}

/** What lies in `state.json`, before anything is made. */
export interface VagrantState extends ClusterState {
  readonly project: VagrantProject;
  /** In the order of their ids. */
  readonly machines: readonly VagrantMachine[];
}

/**
 * Where clusters have their folders: vagrant is often used without root, and then root's place is not ours.
 */
export const stateRoot = (): string => {
  if (process.getuid?.() === 0) return join(stateHome, 'vagrant');
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'shakedown/vagrant');
};

/** What lies in a cluster's folder. */
export const clusterFiles = (id: string, root = stateRoot()) => ({
  directory: join(root, id),
  state: join(root, id, 'state.json'),
  vagrantfile: join(root, id, 'Vagrantfile'),
  dotfile: join(root, id, 'dot'),
  home: join(root, id, 'home'),
  hook: join(root, id, 'boot-id.sh'),
  lxcLog: join(root, id, 'lxc-start.log'),
  knownHosts: join(root, id, 'known_hosts'),
  kept: join(root, id, 'kept'),
  console: (machine: string) => join(root, id, `console-${machine}.log`),
});

/**
 * What the hypervisor calls a machine; the id is in it, so that it can be found without vagrant's own notes.
 */
export const machineNameFor = (id: string, machine: string): string => `sv${id}-${machine}`;

/** The id of the cluster that a hypervisor's machine or disk belongs to, by its name. */
export const clusterOf = (name: string): string | undefined =>
  new RegExp(`^sv(${clusterIdPattern})-`).exec(name)?.[1];

/** The folder with its state, whole or not at all. */
export async function makeClusterFolder(state: VagrantState, root = stateRoot()): Promise<void> {
  const { directory } = clusterFiles(state.id, root);
  const fresh = `${directory}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await writeFile(join(fresh, 'state.json'), written(state));
  await rename(fresh, directory);
}

/** The state with what is known by now, in one step. */
export async function writeState(state: VagrantState, root = stateRoot()): Promise<void> {
  const file = clusterFiles(state.id, root).state;
  await writeFile(`${file}.new`, written(state));
  await rename(`${file}.new`, file);
}

/** As 0.2 wrote it, and still finds it. */
const written = ({ project: place, ...rest }: VagrantState): string => JSON.stringify({ ...rest, place });

/** Undefined where there is none, or none that can be read. */
export async function readState(id: string, root = stateRoot()): Promise<VagrantState | undefined> {
  try {
    const { place: project, ...rest } = JSON.parse(await readFile(clusterFiles(id, root).state, 'utf8'));
    return { ...rest, project };
  } catch {
    return undefined;
  }
}

/** The ids of all folders. */
export async function clusterFolders(root = stateRoot()): Promise<readonly string[]> {
  const names = await readdir(root).catch(() => []);
  return names.map((name) => name.replace(/\.new$/, '')).filter(isClusterId);
}

/** Takes the folder away; what it knew is then lost. */
export async function removeClusterFolder(id: string, root = stateRoot()): Promise<void> {
  const { directory } = clusterFiles(id, root);
  await rm(`${directory}.new`, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
