import { ShakedownError } from '../../common/errors.ts';
import { isDiskFull } from '../../common/system-errors.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { unwound } from '../../common/unwound.ts';
import { collectConsole, collectNode } from '../cluster/collect/collect.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import { lookAtClock } from '../cluster/node-clock.ts';
import type { Scenario } from '../config/scenario.ts';
import { OneAfterAnother } from '../phases/one-after-another.ts';
import { leaveServices, stopServices } from '../phases/stop.ts';
import type { Connections } from './connections.ts';
import type { OpenRun } from './open-run.ts';

interface RunEnd {
  readonly scenario: Pick<Scenario, 'timeouts'>;
  /** Whether the machines are to stay, by what has come of the run so far. */
  readonly stay: () => Promise<boolean>;
}

/**
 * Stops the services on every node that is connected, unless its machines are to `stay`, and
 * brings the evidence of each home as soon as its own have stopped. What goes wrong is taken
 * down, and keeps nothing else from it.
 */
export async function stopAndCollect(
  planned: readonly PlannedNode[],
  connections: Connections,
  { scenario, stay }: RunEnd,
  open: OpenRun,
): Promise<void> {
  const { recorder, evidence } = open;
  const { nodes } = connections;
  connections.insist();
  const step = (phase: 'stop' | 'collect', { machine }: Node, action: () => Promise<void>) =>
    recorder.step(phase, action, machine).catch((error) => recorder.fail(error, true));
  // Whether they really stay shows later: who cannot tell stops them.
  const end = (await stay().catch(() => false)) ? leaveServices : stopServices;
  // A cluster whose members all stop at once cannot hand over: etcd's leader
  // would wait seconds for a follower.
  const turns = new OneAfterAnother();
  const stop = async (node: Node) => {
    await lookAtClock(node, recorder.clockMeasured, evidence);
    await turns.take(() => end(node, scenario.timeouts.stop, evidence.signal));
  };
  // Evidence of a node that has stopped comes home while others still stop.
  const stopThenCollect = async (node: Node) => {
    await step('stop', node, () => stop(node));
    await step('collect', node, () => collect(node, connections, scenario.timeouts.collect, open));
  };
  await Promise.all(nodes.map(stopThenCollect));
  for (const node of planned) {
    await consoleHome(node, open).catch((error) => {
      if (isDiskFull(error)) open.noRoom();
    });
  }
}

async function consoleHome(node: PlannedNode, { store }: OpenRun): Promise<void> {
  await collectConsole(node, store.nodeDirectory(node.id));
}

/** Seconds for collecting to end by itself when its time is over: what it has by then counts. */
const grace = 5;

async function collect(node: Node, connections: Connections, seconds: number, open: OpenRun): Promise<void> {
  const { recorder, store, evidence } = open;
  const directory = store.nodeDirectory(node.id);
  const onUnmatched = (globs: readonly string[]) => {
    if (globs.length > 0) recorder.unmatched[node.id] = globs;
    for (const glob of globs) evidence.log(`nothing to collect: ${glob} matches nothing`, node.id);
  };
  const options = { directory, sinceMs: recorder.startedAt, noRoom: open.noRoom, onUnmatched };
  let collecting: Promise<readonly string[]> = Promise.resolve([]);
  const bring = async (signal: AbortSignal, again = false): Promise<readonly string[]> => {
    const reached = await connections.reachAgain(signal, node);
    await using _reached = reached;
    const { ended } = reached.agent;
    const wasThere = !ended.aborted;
    collecting = collectNode({ ...reached, config: node.config }, { ...options, signal });
    const problems = await collecting;
    // What it had not yet sent when it fell silent another one may have.
    return wasThere && ended.aborted && !again ? bring(signal, true) : problems;
  };
  const late = () => new Error(`not all was collected within ${seconds} s`);
  const problems: string[] = [];
  try {
    await withTimeLimit({ what: 'collecting', seconds, signal: evidence.signal, late }, bring);
  } catch (error) {
    // Who does not answer at all is a failure of its own.
    if (error instanceof ShakedownError) throw error;
    problems.push((error as Error).message);
  }
  problems.push(...((await unwound(collecting, grace)) ?? []));
  if (problems.length > 0) recorder.collectProblems[node.id] = problems;
  for (const problem of problems) evidence.log(`not collected: ${problem}`, node.id);
}
