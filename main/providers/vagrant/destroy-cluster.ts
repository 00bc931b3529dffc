import { existsSync, globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { clusterFiles, readState, removeClusterFolder, type VagrantState } from './cluster-folder.ts';
import { endVagrant, marks } from './end-vagrant.ts';
import { killContainers, removeStrays } from './hypervisors/strays.ts';
import { runVagrant } from './run-vagrant.ts';
import type { VagrantProject } from './vagrant-project.ts';
import { bareVagrantfile } from './write-vagrantfile.ts';

/** Providers whose machines we find by their names, whatever vagrant knows. */
const findable = ['lxc', 'libvirt'];

/**
 * Takes away all of a cluster from its id alone: ends who is still making it, lets vagrant
 * destroy what it knows, then removes what only LXC or libvirt know, and the folder last.
 * Throws ShakedownError for what stays.
 */
export async function destroyCluster(id: string, ctx: Pick<RunContext, 'signal' | 'log'>): Promise<void> {
  const { dotfile } = clusterFiles(id);
  const state = await readState(id);
  await endVagrant(dotfile, 'making');
  if (state) await byVagrant(state, ctx);
  await endVagrant(dotfile, 'left');
  await removeStrays(id, ctx.signal);
  await removeClusterFolder(id);
}

/**
 * The machines that vagrant knows: by the Vagrantfile that made them, else, where
 * it is broken by now, by a bare one.
 */
async function byVagrant(state: VagrantState, ctx: Pick<RunContext, 'signal' | 'log'>): Promise<void> {
  const { directory } = clusterFiles(state.id);
  const known = globSync(join(state.project.dotfile, 'machines/*/*/id'));
  if (known.length === 0 || onlyContainersOfOurs(state)) return;
  if (state.machines.some(({ provider }) => provider === 'lxc')) await killContainers(state.id, ctx.signal);
  try {
    await whenUnlocked(state.project, ctx.signal);
  } catch (error) {
    ctx.signal.throwIfAborted();
    // Another was quicker.
    if (!existsSync(directory)) return;
    ctx.log(`vagrant destroy failed, and is tried without the Vagrantfile: ${(error as Error).message}`);
    const vagrantfile = join(directory, 'Vagrantfile.bare');
    const names = state.machines.map(({ name }) => name);
    try {
      await writeFile(vagrantfile, bareVagrantfile(names));
      await whenUnlocked({ ...state.project, cwd: directory, vagrantfile }, ctx.signal);
    } catch (second) {
      ctx.signal.throwIfAborted();
      if (state.machines.every(({ provider }) => findable.includes(provider))) return;
      throw second;
    }
  }
}

/**
 * Nothing of theirs but LXC's is there to be undone, and that goes by name: `vagrant` takes seconds for it. A
 * Vagrantfile in the user's own home may have triggers.
 */
function onlyContainersOfOurs({ id, project, machines }: VagrantState): boolean {
  if (project.cwd !== clusterFiles(id).directory || existsSync(join(project.home, 'Vagrantfile')))
    return false;
  return machines.every(({ provider }) => provider === 'lxc');
}

/** Another who destroys the same machines has them locked: they are waited for. */
async function whenUnlocked(project: VagrantProject, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await runVagrant(['destroy', '--force'], project, { signal, env: marks.destroying });
      return;
    } catch (error) {
      const locked = error instanceof ShakedownError && error.message.includes('MachineLocked');
      if (!locked || attempt >= 60) throw error;
    }
    await sleep(1000, undefined, { signal });
  }
}
