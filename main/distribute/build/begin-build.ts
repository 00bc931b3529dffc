import { hostname } from 'node:os';
import type { OpenRun } from '../../run/open-run.ts';
import type { Manifest } from '../project/manifest.ts';
import type { DistributeLog } from '../results/distribute-log.ts';
import { type Reach, reachSeat } from '../seats/open-seat.ts';
import type { Distribution } from '../suite/distribution.ts';
import { Build } from './build.ts';
import { BuiltHere } from './built-here.ts';

/** What a distribution's build reaches. */
export interface BuildWorld {
  readonly reach: Reach;
  readonly log: DistributeLog;
  readonly open: OpenRun;
  /** Told when the build fails: the run is over then. */
  readonly failed: () => void;
}

/** A build of a distribution, and how it is begun; undefined where there is none. */
export function beginBuild(
  { build: plan, directory, home, env, limits }: Distribution,
  { reach, log, open, failed }: BuildWorld,
): { readonly build: Build; readonly begin: (project: Manifest) => Promise<void> } | undefined {
  if (!plan) return undefined;
  const { signal } = open.work;
  const build = new Build(plan, {
    ...{ directory, env, signal, here: new BuiltHere(home) },
    note: (message, node) => open.emit({ type: 'note', ...(node !== undefined && { node }), message }),
    failed: (error) => {
      open.breakOff(error);
      failed();
    },
  });
  const begin = async (project: Manifest): Promise<void> => {
    if ((await build.takeKnown(project)) || plan.on === 'node') return;
    // As a task of an agent all its processes have ended when this one has, however it did.
    const here = { id: -1, name: hostname(), runners: 0 };
    await using reached = await reachSeat(here, false, { ...reach, key: `${reach.key}-build` }, open);
    const place = { agent: reached.agent, node: 'main host', project: directory, env, log, signal };
    const ended = () => undefined;
    await build.onMain({ ...place, within: limits.hook, ended, clock: open.work.clock });
  };
  return { build, begin };
}
