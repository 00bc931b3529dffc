import { mustWork } from '../providers/must-work.ts';
import type { Cluster } from '../providers/provider.ts';
import { undoWorldOf } from '../run/ledger/undo-world.ts';
import { makeMachines, newClusterId } from '../run/machines/make-machines.ts';
import { takeAway } from '../run/machines/take-away.ts';
import type { Here } from './in-own-run.ts';
import type { MachinesWish } from './suite/distribution.ts';

/** Makes or borrows the machines; they are taken away, or given back, when the run ends. */
export function acquireMachines(
  { provider: name, options, login, machines, rebuild }: MachinesWish,
  { world, open }: Here,
): Promise<Cluster> {
  return open.scope.acquire({
    acquire: () =>
      open.recorder.step('machines', async () => {
        const provider = await world.provider(name);
        await mustWork(provider, open.work);
        const shares = provider.makes ? await world.agentShares(world.cacheDir) : [];
        const wanted = { machines, options, login };
        return makeMachines(newClusterId(), wanted, provider, { of: open.name, shares, rebuild }, open.work);
      }),
    release: async (cluster) => {
      const provider = await world.provider(cluster.provider);
      await takeAway(cluster, [], undoWorldOf(provider, open.evidence), open);
    },
  });
}
