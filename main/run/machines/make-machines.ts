import { randomBytes } from 'node:crypto';
import { asShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { unwound } from '../../../common/unwound.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { ClusterEntry } from '../../ledger/cluster-undo.ts';
import { loginForNewMachines } from '../../providers/login-for-new-machines.ts';
import type { Cluster, Provider, Share } from '../../providers/provider.ts';
import { noteOrigin, type RunName } from '../../store/cluster-origins.ts';
import { undo } from '../ledger/undo.ts';
import { undoWorldOf } from '../ledger/undo-world.ts';
import type { WantedMachines } from './wanted-machines.ts';

/** Six hex digits. */
export const newClusterId = (): string => randomBytes(3).toString('hex');

export interface MakeOptions {
  /** Whose they will be. */
  readonly of: RunName;
  readonly shares: readonly Share[];
  readonly rebuild: boolean;
  /** Seconds until they must be there; no limit unless told. */
  readonly within?: number;
}

/** Seconds for a provider to come to an end when it was told to, before what it made is taken away. */
const grace = 30;

/**
 * Makes or borrows the machines. Whose they are is noted before, and the cluster is in the ledger;
 * on a throw what was made of it is undone.
 */
export async function makeMachines(
  id: string,
  wanted: WantedMachines,
  provider: Provider,
  { of, within, ...options }: MakeOptions,
  ctx: RunContext,
): Promise<Cluster> {
  const login = provider.makes ? await loginForNewMachines(wanted.login, ctx.cacheDir) : wanted.login;
  const entry: ClusterEntry = { kind: 'cluster', id, provider: provider.name };
  await noteOrigin(entry, of, ctx);
  await ctx.ledger.record(entry);
  try {
    return await withinLimit(within, ctx, (limited) =>
      provider.create({ ...wanted, ...options, login, cluster: id }, limited),
    );
  } catch (error) {
    await takeBack(entry, provider, ctx);
    throw error;
  }
}

/**
 * Makes machines, or what they start from, within so many seconds. On a throw it has come to an end, or was
 * given time to.
 */
export async function withinLimit<T>(
  seconds: number | undefined,
  ctx: RunContext,
  make: (ctx: RunContext) => Promise<T>,
): Promise<T> {
  let making: Promise<unknown> = Promise.resolve();
  try {
    return await withTimeLimit(
      { what: 'making the machines', seconds, signal: ctx.signal, late },
      (signal) => {
        const made = make({ ...ctx, signal });
        making = made;
        return made;
      },
    );
  } catch (error) {
    await unwound(making, grace);
    throw error;
  }
}

const late = (seconds: number): TimeLimitError =>
  new TimeLimitError('making the machines', seconds, {
    hint: `if they only need longer (an image to build, a box to download): timeouts: { machines: ${seconds * 3} }`,
  });

async function takeBack(entry: ClusterEntry, provider: Provider, ctx: RunContext): Promise<void> {
  try {
    await undo(entry, ctx.ledger, undoWorldOf(provider, ctx));
  } catch (left) {
    // Why they could not be made is the failure that counts.
    const message = `what was made of them could not be taken away (${asShakedownError(left).message}): run 'shakedown reap'`;
    ctx.emit({ type: 'note', phase: 'machines', message });
  }
}
