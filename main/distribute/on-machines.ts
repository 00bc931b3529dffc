import { hostname, userInfo } from 'node:os';
import type { Machine } from '../providers/provider.ts';
import { beginBuild } from './build/begin-build.ts';
import type { Here } from './in-own-run.ts';
import { localProject } from './project/local-project.ts';
import { type Initiator, projectKey } from './project/project-key.ts';
import { replaySlot } from './replay/fresh-place.ts';
import type { RecordedOrder } from './replay/past-run.ts';
import { DistributeLog } from './results/distribute-log.ts';
import { recordProcess } from './results/record-results.ts';
import { mainHostNode } from './seats/main-host-node.ts';
import type { Seat, SeatPlan } from './seats/seat.ts';
import type { Distribution } from './suite/distribution.ts';
import { runSuite, type SuiteEnd, type SuiteRun } from './suite/run-suite.ts';
import type { Suite } from './suite/suite.ts';

/** What a suite, or several, needs of the machines' page. */
interface OnMachines {
  readonly suite: Suite;
  readonly use?: (
    seat: Seat,
    run: (work: SuiteRun['work']) => Promise<void>,
    workOf: (suite: Suite) => SuiteRun['work'],
  ) => Promise<void>;
}

/**
 * Runs a suite on its machines, or does with each node what `use` does. What is acquired on this page is
 * released when the run ends.
 */
export async function onMachines(
  distribution: Distribution,
  { suite, use }: OnMachines,
  here: Here,
): Promise<SuiteEnd> {
  const { world, open, slot } = here;
  const { machines: wish, localRunners, home } = distribution;
  const log = await open.scope.acquire({
    acquire: () => new DistributeLog(open.store.directory, world.clock, open.noRoom),
    release: (all) => all.flush(),
  });
  const { order } = distribution;
  const own = { host: hostname(), user: userInfo().username, directory: home };
  const initiator: Initiator = { ...own, slot: order ? replaySlot(slot) : slot };
  const key = projectKey(initiator);
  const reach = { ...world, key };
  const built = beginBuild(distribution, {
    reach,
    log,
    open,
    failed: () => suite.hinder('the build failed'),
  });
  const { directory, list } = distribution;
  const project = localProject({ directory, list, signal: open.work.signal, built });
  // Files are looked at, and what is built here is built, while machines are made and connected to.
  project.manifest().catch(() => undefined);
  // Without machines, what makes them is not loaded.
  const making = wish && (await import('./acquire-machines.ts'));
  const cluster = wish && (await making?.acquireMachines(wish, here));
  const made = cluster?.borrowed === false;
  const machines = cluster?.machines ?? [];
  const all: readonly SeatPlan[] = [
    ...machines.map((machine) => ({
      ...{ id: machine.id, name: machine.name, machine },
      runners: wish?.runners[machine.id],
    })),
    ...(localRunners > 0 ? [localSeat(machines, localRunners)] : []),
  ];
  const seats = order ? seatFor(order, all) : all;
  open.tellNodes([...machines, ...(localRunners > 0 ? [mainHostNode(machines.length)] : [])]);
  const workOf = (some: Suite): SuiteRun['work'] => ({
    ...{ suite: some, distribution, log, directory: open.store.directory, clock: world.clock },
    processEnded: (ran, end, output) => recordProcess(ran, end, output, { suite: some, open }),
    note: (node, message) => open.emit({ type: 'note', node, message }),
  });
  return await runSuite({
    ...{ seats, made },
    reach,
    context: {
      ...{ distribution, project, initiator, key, log, open, build: built?.build },
      hookEnded: (node) => (hook) => suite.course.hookEnded({ ...hook, node }),
    },
    work: workOf(suite),
    ...(use && { use: (seat, run) => use(seat, run, workOf) }),
  });
}

/** The node on which the runner was that is to run again, else the first one; it has one runner. */
const seatFor = (order: RecordedOrder, all: readonly SeatPlan[]): readonly SeatPlan[] =>
  [all.find(({ id }) => id === order.node) ?? all[0]].flatMap((plan) =>
    plan ? [{ ...plan, runners: 1, as: order }] : [],
  );

const localSeat = (machines: readonly Machine[], runners: number): SeatPlan => {
  const { id, name } = mainHostNode(machines.length);
  return { id, name, runners };
};
