import { asShakedownError, describeFailure, ShakedownError } from '../../../common/errors.ts';
import type { Work } from '../executors/work.ts';
import { removePlace } from '../replay/fresh-place.ts';
import { runHook } from '../seats/hooks.ts';
import { mainHostNode } from '../seats/main-host-node.ts';
import { type Reach, reachSeat } from '../seats/open-seat.ts';
import { prepareSeat, type SeatContext } from '../seats/prepare-seat.ts';
import type { Runner, Seat, SeatPlan } from '../seats/seat.ts';
import { workThrough } from '../seats/work-through.ts';

/** All that runs a suite. */
export interface SuiteRun {
  readonly seats: readonly SeatPlan[];
  /** Whether their machines were made for it. */
  readonly made: boolean;
  readonly reach: Reach;
  readonly context: Omit<SeatContext, 'runnersInAll'>;
  readonly work: Omit<Work, 'signal'>;
  /**
   * What is done on a node that is ready instead of running the suite once: `run` runs one on it. May throw.
   */
  readonly use?: (seat: Seat, run: (work: SuiteRun['work']) => Promise<void>) => Promise<void>;
}

/** A node, or a runner, that was of no use. */
export interface OutOfUse {
  readonly node: number;
  readonly runner?: string;
  readonly message: string;
}

/** What a suite left besides its results. */
export interface SuiteEnd {
  readonly outOfUse: readonly OutOfUse[];
}

/** Seconds for teardown hooks after an interrupt. */
const tidyWithin = 60;

/**
 * Runs the suite on all its nodes, side by side: each begins as soon as it is ready. A node or a runner that
 * fails is told, and the others go on. Resolves when every node has been given back.
 */
export async function runSuite(run: SuiteRun): Promise<SuiteEnd> {
  const { seats, context, work } = run;
  const outOfUse: OutOfUse[] = [];
  const counts = countRunners(seats);
  const drop = (out: OutOfUse) => {
    outOfUse.push(out);
    const runner = out.runner === undefined ? '' : `runner ${out.runner}: `;
    context.open.emit({ type: 'note', node: out.node, message: `${runner}${out.message}` });
  };
  const { signal } = context.open.work;
  const stop = () => work.suite.queue.end();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.all(seats.map((plan) => useSeat(plan, run, { counts, drop })));
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return { outOfUse };
}

interface Shared {
  readonly counts: ReturnType<typeof countRunners>;
  readonly drop: (out: OutOfUse) => void;
}

/** One node, from the connection to the last hook. Does not throw. */
async function useSeat(plan: SeatPlan, run: SuiteRun, shared: Shared): Promise<void> {
  const { context, reach, made } = run;
  const { open } = context;
  const { id } = plan;
  try {
    const node = plan.machine ?? mainHostNode(id);
    await using reached = await open.recorder.step('connect', () => reachSeat(plan, made, reach, open), node);
    const runnersInAll = shared.counts.tell;
    const seat = await prepareSeat(plan, reached.agent, { ...context, runnersInAll });
    await runSeat(seat, run, shared.drop);
  } catch (error) {
    if (!open.work.signal.aborted) {
      const { node, address, phase, ...details } = asShakedownError(error).details;
      shared.drop({ node: id, message: `it is of no use: ${describeFailure(details)}` });
    }
  } finally {
    void shared.counts.tell(id, 0);
  }
}

/** What is to be done on a node, and then its last hook, also after an interrupt. */
async function runSeat(seat: Seat, run: SuiteRun, drop: Shared['drop']): Promise<void> {
  const { context, use } = run;
  const runAll = (work: SuiteRun['work']) => runRunners(seat, { ...run, work }, drop);
  try {
    await (use ? use(seat, runAll) : runAll(run.work));
  } finally {
    await tearDown(seat, context, drop);
  }
}

async function runRunners(seat: Seat, run: SuiteRun, drop: Shared['drop']): Promise<void> {
  run.work.suite.queue.expect(seat.all);
  await Promise.all(seat.runners.map((runner) => useRunner(seat, runner, run, drop)));
  const { trouble } = seat.health;
  if (trouble !== undefined) drop({ node: seat.id, message: `it is of no use any more: ${trouble}` });
}

async function tearDown(seat: Seat, context: SuiteRun['context'], drop: Shared['drop']): Promise<void> {
  const { open, distribution, log } = context;
  const { node_teardown: hook } = distribution.hooks;
  const { signal } = open.evidence;
  if (hook !== undefined && !seat.agent.ended.aborted) {
    const env = seat.runners[0]?.env ?? {};
    const { SHAKEDOWN_RUNNER_ID, ...ofNode } = env;
    const place = {
      ...{ agent: seat.agent, node: seat.name, project: seat.project, env: ofNode, log, signal },
      within: open.work.signal.aborted ? tidyWithin : distribution.limits.hook,
      ...{ ended: context.hookEnded(seat.id), clock: open.work.clock },
    };
    await runHook('node_teardown', hook, place).catch((error) => drop(ofHook(seat.id, error)));
  }
  // What is run again has its place for this once.
  if (distribution.order) await removePlace(seat.agent, seat.project, signal).catch(() => undefined);
}

async function useRunner(seat: Seat, runner: Runner, run: SuiteRun, drop: Shared['drop']): Promise<void> {
  const { context, work } = run;
  const { open, distribution, log } = context;
  const { runner_setup: setup, runner_teardown: teardown } = distribution.hooks;
  const { queue } = work.suite;
  const place = {
    ...{ agent: seat.agent, node: seat.name, runner: runner.id, project: seat.project, env: runner.env, log },
    within: distribution.limits.hook,
    ...{ signal: open.work.signal, ended: context.hookEnded(seat.id), clock: open.work.clock },
  };
  queue.join(runner.id, seat.id);
  try {
    if (setup !== undefined) await runHook('runner_setup', setup, place);
    const lost = await workThrough(seat, runner, { ...work, signal: open.work.signal });
    if (lost !== undefined) throw new ShakedownError({ message: lost });
  } catch (error) {
    if (!open.work.signal.aborted) drop(ofHook(seat.id, error, runner.id));
  } finally {
    queue.leave(runner.id);
    run.work.suite.telling.ended(runner.id);
  }
  if (teardown === undefined || seat.agent.ended.aborted) return;
  const late = open.work.signal.aborted;
  const last = { ...place, within: late ? tidyWithin : place.within, signal: open.evidence.signal };
  await runHook('runner_teardown', teardown, last).catch((error) => drop(ofHook(seat.id, error, runner.id)));
}

const ofHook = (node: number, error: unknown, runner?: string): OutOfUse => {
  const { node: _, address, phase, ...details } = asShakedownError(error).details;
  return { node, ...(runner !== undefined && { runner }), message: describeFailure(details) };
};

/**
 * How many runners there are on all nodes: known at once where each node's count was told,
 * else when every node has said its own.
 */
function countRunners(seats: readonly SeatPlan[]) {
  const known = new Map<number, number>();
  const all = Promise.withResolvers<number>();
  const sum = () => [...known.values()].reduce((total, each) => total + each, 0);
  const settled = seats.every(({ runners }) => runners !== undefined);
  if (settled) all.resolve(seats.reduce((total, { runners = 0 }) => total + runners, 0));
  return {
    tell: (node: number, own: number): Promise<number> => {
      if (!known.has(node)) known.set(node, own);
      if (known.size === seats.length) all.resolve(sum());
      return all.promise;
    },
  };
}
