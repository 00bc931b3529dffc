import { basename } from 'node:path';
import type { startLocalAgent } from '../agent/local/local-agent.ts';
import { inFreeFolder } from '../run/folder/free-folder.ts';
import { runInFolder } from '../run/folder/run-in-folder.ts';
import { OpenRun } from '../run/open-run.ts';
import type { World } from '../run/world/world.ts';
import { acquireLock } from '../store/lock.ts';
import type { Distribution } from './suite/distribution.ts';
import type { Telling } from './suite/telling.ts';

/** What a distribution reaches outside itself. */
export interface DistributeWorld
  extends Pick<
    World,
    | 'env'
    | 'signal'
    | 'hurry'
    | 'cacheDir'
    | 'clock'
    | 'face'
    | 'tell'
    | 'provider'
    | 'connector'
    | 'agentShares'
  > {
  readonly startLocal: typeof startLocalAgent;
  readonly telling: Telling;
}

/** Days, in seconds: Node's timers end at 2^31 ms. */
const longest = 20 * 86_400;

/**
 * Does something with a distribution in a run of its own. Several of one project may be under way at once:
 * each has a folder of its own here, and places, ports and databases of its own on the nodes. `action` is to
 * end the run.
 */
export function inOwnRun<T>(
  { directory, home, machines }: Pick<Distribution, 'directory' | 'home' | 'machines'>,
  world: DistributeWorld,
  action: (here: Here) => Promise<T>,
): Promise<T> {
  const options = { name: basename(home), provider: machines?.provider ?? 'main host', limit: longest };
  const inFolder = (folder: string, slot: number) => {
    const here = { ...world, directory: folder };
    return runInFolder(here, { alone: true, kept: 'leave', tell: world.tell }, async () => {
      const kept = { retention: { count: 20, days: 30 } };
      const open = await OpenRun.begin({ ...options, directory: folder, ...kept }, here);
      return await action({ world, open, slot });
    });
  };
  return inFreeFolder(home, async (place) => {
    const slot = slotOf(place, home);
    if (home === directory) return await inFolder(place, slot);
    await using _ = await acquireLock(place);
    return await inFolder(directory, slot);
  });
}

/** 1 in the project's own folder, more in those beside it. */
const slotOf = (place: string, home: string): number => (place === home ? 1 : 1 + Number(basename(place)));

/** A run that is under way. */
export interface Here {
  readonly world: DistributeWorld;
  readonly open: OpenRun;
  /** Which of the distributions of its project it is that are under way. */
  readonly slot: number;
}
