import { execa } from 'execa';
import { expect, onTestFinished } from 'vitest';
import { asShakedownError } from '../../common/errors.ts';
import { endOfConsole } from '../../main/cluster/power/end-of-console.ts';
import type { RunContext } from '../../main/context/run-context.ts';
import { loginForNewMachines } from '../../main/providers/login-for-new-machines.ts';
import { NspawnProvider } from '../../main/providers/nspawn/nspawn-provider.ts';
import type { Cluster, Machine, Share } from '../../main/providers/provider.ts';
import type { Remote } from '../../main/remotes/remote.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import { newClusterId } from '../../main/run/machines/make-machines.ts';
import { runContext } from '../fakes/run-context.ts';
import { leftovers } from './harness.ts';

export const provider = new NspawnProvider();
export const ctx = runContext();

export interface Wish {
  readonly cluster?: string;
  readonly user?: string;
  readonly shares?: readonly Share[];
  readonly ctx?: Partial<RunContext>;
}

/** A cluster that the caller destroys. */
export async function make(count: number, options: object = {}, wish: Wish = {}): Promise<Cluster> {
  const { cluster = newClusterId(), user, shares = [] } = wish;
  const login = await loginForNewMachines(user === undefined ? {} : { user }, ctx.cacheDir);
  const machines = Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` }));
  const wanted = 'nodes' in options ? options : { count, ...options };
  const spec = { cluster, machines, options: wanted, login, shares };
  return provider.create(spec, { ...ctx, ...wish.ctx });
}

/** A cluster for one test; it is gone, without a trace, when the test is over. */
export async function during(count: number, options: object = {}, wish: Wish = {}): Promise<Cluster> {
  const cluster = wish.cluster ?? newClusterId();
  onTestFinished(async () => {
    await provider.destroy({ id: cluster }, ctx);
    expect(await remains([cluster])).toEqual([]);
  });
  return make(count, options, { ...wish, cluster });
}

export const connect = (cluster: Cluster): Promise<Remote[]> => Promise.all(cluster.machines.map(connectTo));

/** A machine that does not answer is told with what it said last on its console. */
export async function connectTo({ ssh, consoleLog }: Machine): Promise<Remote> {
  try {
    return await connectSsh(ssh, { signal: ctx.signal, timeout: 200 });
  } catch (error) {
    throw asShakedownError(error).with({ lastLines: await endOfConsole(consoleLog) });
  }
}

/**
 * All that has one of the ids in its name, rules in other tables, loop devices and
 * systemd-nspawn's own files included.
 */
export async function remains(ids: readonly string[]): Promise<readonly string[]> {
  const more = await execa('sh', [
    '-c',
    'nft list ruleset; losetup --list; ls /run/systemd/nspawn/propagate /var/lib/shakedown/nspawn',
  ]);
  const lines = more.stdout.split('\n').filter((line) => ids.some((id) => line.includes(id)));
  return [...(await leftovers(ids)), ...lines];
}
