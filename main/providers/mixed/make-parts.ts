import type { RunContext } from '../../context/run-context.ts';
import { loginForNewMachines } from '../login-for-new-machines.ts';
import type { Cluster, MachinesSpec } from '../provider.ts';
import type { PlannedPart } from './plan-parts.ts';

/**
 * Makes or borrows all parts side by side, each with the login that it wants. The first to fail ends the
 * others, and is what is thrown, once all of them have ended.
 */
export async function makeParts(
  planned: readonly PlannedPart<MachinesSpec>[],
  ctx: RunContext,
): Promise<readonly Cluster[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([ctx.signal, failed.signal]);
  const outcomes = await Promise.allSettled(
    planned.map(async ({ provider, spec }) => {
      try {
        const { login } = spec;
        const own = provider.makes ? await loginForNewMachines(login, ctx.cacheDir) : login;
        signal.throwIfAborted();
        return await provider.create({ ...spec, login: own }, { ...ctx, signal });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  ctx.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}
