import { z } from 'zod';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { LedgerEntry } from '../context/run-context.ts';
import { forgetOrigin } from '../store/cluster-origins.ts';
import type { UndoKind, UndoWorld } from './undo-kind.ts';

/** A provider's cluster, from before its first machine is made until the last one is gone. */
export interface ClusterEntry extends LedgerEntry {
  readonly kind: 'cluster';
  readonly provider: string;
  /** What the provider told of it, where it came so far. */
  readonly state?: unknown;
}

/** Seconds to take machines away: instances of a cloud may need minutes. */
const limit = 300;

/** Destroys machines that were made, and gives up the claim on borrowed ones. Whose they were stays noted. */
export async function destroyCluster(
  { id, provider: name, state }: Pick<ClusterEntry, 'id' | 'provider' | 'state'>,
  { provider, log, signal }: Pick<UndoWorld, 'provider' | 'log' | 'signal'>,
): Promise<void> {
  const owner = await provider(name);
  const what = `taking the machines of cluster ${id} away`;
  await withTimeLimit({ what, seconds: limit, signal }, (within) =>
    owner.destroy({ id, state }, { signal: within, log }),
  );
}

/** Destroys machines that were made, and gives up the claim on borrowed ones. */
export const clusterUndo: UndoKind<ClusterEntry> = {
  kind: 'cluster',
  schema: z.object({
    kind: z.literal('cluster'),
    id: z.string(),
    provider: z.string(),
    state: z.exactOptional(z.unknown()),
  }),
  async undo(entry, world) {
    await destroyCluster(entry, world);
    await forgetOrigin(entry.id, world.cacheDir);
  },
};
