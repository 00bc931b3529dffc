// One machine by shakedown: made, `true` over ssh, gone. `node ours.ts KIND` does
// it once, as a process of its own.
import type { RunContext } from '../../main/context/run-context.ts';
import type { Cluster, Machine, Provider, Share } from '../../main/providers/provider.ts';
import { providerNamed } from '../../main/providers/registry.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { makeMachines, newClusterId } from '../../main/run/machines/make-machines.ts';
import { forgetOrigin } from '../../main/store/cluster-origins.ts';

export type BenchedKind = 'nspawn' | 'docker' | 'qemu' | 'vagrant';

const nothing = async () => undefined;
export const ctx: RunContext = {
  signal: new AbortController().signal,
  emit: () => undefined,
  log: () => undefined,
  clock: Date.now,
  cacheDir: process.env.SHAKEDOWN_CACHE ?? '/var/cache/shakedown',
  ledger: { record: nothing, remove: nothing },
};

const optionsOf: Readonly<Record<BenchedKind, object>> = {
  nspawn: {},
  docker: {},
  qemu: { memory: '512M' },
  vagrant: { box: 'e2e', os: 'bookworm', provider: 'lxc' },
};

/** A cluster, until it is disposed of. */
export interface Machines extends AsyncDisposable {
  readonly cluster: Cluster;
}

/** A cluster of one machine. */
export interface OneMachine extends Machines {
  readonly machine: Machine;
}

/** Makes one machine of a kind, with these options besides its usual ones; it sees `shares`. */
export async function oneMachine(
  kind: BenchedKind,
  more: object = {},
  shares: readonly Share[] = [],
): Promise<OneMachine> {
  const { cluster, ...made } = await severalMachines(kind, 1, more, shares);
  const [machine] = cluster.machines;
  if (!machine) throw new Error(`a ${kind} cluster of one has no machine`);
  return { cluster, machine, ...made };
}

/** As `oneMachine`, in one cluster. */
export async function severalMachines(
  kind: BenchedKind,
  count: number,
  more: object = {},
  shares: readonly Share[] = [],
): Promise<Machines> {
  const provider: Provider = await providerNamed(kind);
  const options = { count, ...optionsOf[kind], ...more };
  const machines = Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` }));
  const wanted = { machines, options, login: {} };
  const of = { folder: process.cwd(), run: 'bench' };
  const cluster = await makeMachines(newClusterId(), wanted, provider, { of, shares, rebuild: false }, ctx);
  const gone = async () => {
    await provider.destroy(cluster, ctx);
    await forgetOrigin(cluster.id, ctx.cacheDir);
  };
  return { cluster, [Symbol.asyncDispose]: gone };
}

export type Target = Machine['ssh'];

/** Throws unless `true` can be run there. */
export async function answers(target: Target): Promise<void> {
  await using remote = await connectSsh(target, { signal: ctx.signal, timeout: 120 });
  const { exitCode } = await remote.exec('true');
  if (exitCode !== 0) throw new Error(`'true' ended with ${exitCode}`);
}

export async function ours(kind: BenchedKind, more: object = {}): Promise<void> {
  await using one = await oneMachine(kind, more);
  await answers(one.machine.ssh);
}

if (import.meta.main) {
  await ours(process.argv[2] as BenchedKind);
  process.exit(0);
}
