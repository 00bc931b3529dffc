import { randomBytes } from 'node:crypto';
import { asShakedownError } from '../../common/errors.ts';
import type { Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context.ts';
import type { ClusterEntry } from '../ledger/cluster-undo.ts';
import { loginForNewMachines } from '../providers/login-for-new-machines.ts';
import type { Cluster, MachinesSpec, Provider, Share } from '../providers/provider.ts';

/** The part of a MachinesSpec that is known before any machine is made. */
export type WantedMachines = Omit<MachinesSpec, 'cluster' | 'shares'>;

export function wantedMachines(scenario: Scenario): WantedMachines {
  return { machines: scenario.machines, options: scenario.providerOptions, login: scenario.login };
}

/** Six hex digits. */
export const newClusterId = (): string => randomBytes(3).toString('hex');

/** ms to take machines away: instances of a cloud may need minutes. */
export const destroyWithin = 300_000;

/**
 * Makes or borrows the machines. The cluster is in the ledger before; on a throw what was made of it is destroyed.
 */
export async function makeMachines(
  id: string,
  wanted: WantedMachines,
  provider: Provider,
  options: { shares: readonly Share[]; rebuild: boolean },
  ctx: RunContext,
): Promise<Cluster> {
  const login = provider.makes ? await loginForNewMachines(wanted.login, ctx.cacheDir) : wanted.login;
  const entry: ClusterEntry = { kind: 'cluster', id, provider: provider.name };
  await ctx.ledger.record(entry);
  try {
    return await provider.create({ ...wanted, ...options, login, cluster: id }, ctx);
  } catch (error) {
    try {
      await provider.destroy({ id }, { signal: AbortSignal.timeout(destroyWithin), log: ctx.log });
      await ctx.ledger.remove(id);
    } catch (left) {
      // Why they could not be made is the failure that counts.
      const message = `what was made of them could not be taken away (${asShakedownError(left).message}): run 'shakedown reap'`;
      ctx.emit({ type: 'note', phase: 'machines', message });
    }
    throw error;
  }
}
