import { writeFile } from 'node:fs/promises';
import { present } from '../../../common/present.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { MachinesSpec } from '../provider.ts';
import { clusterFiles, type VagrantMachine, type VagrantState, writeState } from './cluster-folder.ts';
import { toldBefore } from './declared-machines.ts';
import { marks } from './end-vagrant.ts';
import { holdBootIds, writeBootIdHook } from './hypervisors/boot-id.ts';
import { lxcLog, withReason } from './hypervisors/lxc-trouble.ts';
import { linesOfType, type VagrantLine, words } from './machine-readable.ts';
import { runVagrant } from './run-vagrant.ts';
import type { VagrantSettings } from './vagrant-options.ts';
import { wrappingVagrantfile, writtenVagrantfile } from './write-vagrantfile.ts';

export interface Plan {
  readonly state: VagrantState;
  readonly settings: VagrantSettings;
  /** The user's Vagrantfile; without it one is written. */
  readonly users: string | undefined;
}

/**
 * `vagrant up`, once it is known what makes each machine. Throws UsageError for a
 * wrong Vagrantfile, else ShakedownError.
 */
export async function bringUp(
  spec: MachinesSpec,
  plan: Plan,
  ctx: RunContext,
): Promise<readonly VagrantMachine[]> {
  const { state, settings, users } = plan;
  const names = spec.machines.map(({ name }) => name);
  const { vagrantfile } = clusterFiles(state.id);
  await writeBootIdHook(state.id);
  if (users === undefined)
    await writeFile(vagrantfile, writtenVagrantfile(state.id, spec.machines, settings));
  const machines = await identified(names, plan, ctx);
  await writeState({ ...state, machines });
  if (users !== undefined) {
    await writeFile(vagrantfile, wrappingVagrantfile(state.id, users, names, settings.bootTimeout));
  }
  // The blocks that we add would change which provider vagrant prefers; it has said before which one that is.
  for (const [kind, group] of Map.groupBy(machines, ({ provider }) => provider)) {
    await runVagrant(['up', '--provider', kind, ...group.map(({ name }) => name)], state.project, {
      signal: ctx.signal,
      env: { ...marks.making, ...lxcLog(state.id) },
      onLine: (line) => tell(line, names, ctx),
    }).catch(async (error: unknown) => {
      throw await withReason(error, state.id);
    });
  }
  if (users !== undefined) await holdBootIds(state.id, machines, ctx.signal);
  return machines;
}

/**
 * What makes each machine: `vagrant status` tells it, unless that is known; each
 * `vagrant` takes a second to start.
 */
async function identified(
  names: readonly string[],
  { state, settings: { provider }, users }: Plan,
  { signal }: RunContext,
): Promise<readonly VagrantMachine[]> {
  if (users === undefined && provider !== undefined) return names.map((name) => ({ name, provider }));
  const before = users === undefined ? [] : toldBefore(users, provider);
  const known = before.filter(({ name }) => names.includes(name));
  if (known.length === names.length) return names.flatMap((name) => known.filter((one) => one.name === name));
  // The user's own file, since our wrapper would define the machines that it lacks.
  const project = { ...state.project, ...present({ vagrantfile: users }) };
  const status = await runVagrant(['status', ...names], project, {
    signal,
    env: present({ VAGRANT_DEFAULT_PROVIDER: provider }),
  });
  const told = new Map(
    linesOfType(status, 'provider-name').map(({ target, data }) => [target, data[0] ?? '']),
  );
  return names.map((name) => ({ name, provider: told.get(name) ?? '' }));
}

/** Vagrant's own words: the steps are told, details go to the log only. */
function tell(line: VagrantLine, names: readonly string[], ctx: RunContext): void {
  const message = words(line);
  if (message === '') return;
  const index = names.indexOf(line.target);
  const node = index === -1 ? {} : { node: index };
  if (line.data[0] === 'detail') ctx.log(message, node.node);
  else ctx.emit({ type: 'note', phase: 'machines', message, ...node });
}
