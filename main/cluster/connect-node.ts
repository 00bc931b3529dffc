import { TimeLimitError } from '../../common/errors.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import { withSecrets } from '../agent/with-secrets.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Machine } from '../providers/provider.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { ConnectedNode, type StartAgent } from './connected-node.ts';
import type { Connector } from './connector.ts';
import type { Node, PlannedNode } from './node.ts';
import { type ClockListener, lookAtClock } from './node-clock.ts';
import { endOfConsole } from './power/end-of-console.ts';

/**
 * Connects to a node (retrying until it answers) and puts the agent on it. What
 * was opened is closed on a throw.
 */
export async function connectNode(
  planned: PlannedNode,
  connector: Connector,
  options: {
    runId: string;
    timeout: number;
    onDied: (died: ServiceDied) => void;
    /** Told at each start of an agent. */
    onClock: ClockListener;
    /** What commands on the node may name. */
    secrets: Secrets;
  },
  ctx: RunContext,
): Promise<Node> {
  const { id, machine } = planned;
  const { runId, timeout, onDied, onClock, secrets } = options;
  const remote = await connector
    .connect(machine.ssh, { signal: ctx.signal, timeout })
    .catch(async (error: unknown) => {
      ctx.signal.throwIfAborted();
      throw await withConsole(error, machine);
    });
  const startAgent: StartAgent = async (remote, ctx) => {
    const { signal, cacheDir, log: tell, emit } = ctx;
    const log = (message: string) => tell(message, id);
    const progress = (message: string) => emit({ type: 'note', message, node: id });
    const started = await connector.startAgent(remote, {
      cacheDir,
      runId,
      listener: { log, progress },
      signal,
      log,
      within: timeout,
      address: machine.address,
    });
    const agent = withSecrets(started, secrets);
    agent.onServiceDied((died) => {
      if (!node?.endIsExpected) onDied(died);
    });
    await lookAtClock({ id, agent }, onClock, ctx);
    return agent;
  };
  let node: ConnectedNode | undefined;
  node = await ConnectedNode.over(remote, planned, startAgent, ctx);
  return node;
}

/** Of a machine that never answered, what it said last on its console: it may not have come up. */
async function withConsole(error: unknown, { consoleLog }: Machine): Promise<unknown> {
  if (!(error instanceof TimeLimitError) || error.details.lastLines) return error;
  const lastLines = await endOfConsole(consoleLog);
  return lastLines.length > 0 ? error.with({ lastLines }) : error;
}
