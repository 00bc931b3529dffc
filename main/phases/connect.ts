import type { ServiceDied } from '../../common/protocol.ts';
import type { Agent, AgentListener } from '../agent/agent.ts';
import type { RunContext } from '../context.ts';
import type { SshTarget } from '../providers/provider.ts';
import type { Remote } from '../remotes/remote.ts';
import type { Node, PlannedNode } from './phase.ts';

/** How a node is reached; replaced in tests. */
export interface Connector {
  connect(target: SshTarget, options: { signal: AbortSignal; timeout: number }): Promise<Remote>;
  startAgent(
    remote: Remote,
    options: {
      cacheDir: string;
      runId: string;
      listener: AgentListener;
      signal: AbortSignal;
      log: (m: string) => void;
    },
  ): Promise<Agent>;
}

/** Connects to a node (retrying until it answers) and puts the agent on it. What was opened is closed on a throw. */
export async function connectNode(
  planned: PlannedNode,
  connector: Connector,
  options: { runId: string; timeout: number; onDied: (died: ServiceDied) => void },
  ctx: RunContext,
): Promise<Node> {
  const { id, machine } = planned;
  const remote = await connector.connect(machine.ssh, { signal: ctx.signal, timeout: options.timeout });
  try {
    const log = (message: string) => ctx.log(message, id);
    const progress = (message: string) => ctx.emit({ type: 'note', message, node: id });
    const listener = { log, progress };
    const { cacheDir, signal } = ctx;
    const agent = await connector.startAgent(remote, {
      cacheDir,
      runId: options.runId,
      listener,
      signal,
      log,
    });
    agent.onServiceDied(options.onDied);
    return { ...planned, remote, agent };
  } catch (error) {
    await remote[Symbol.asyncDispose]();
    throw error;
  }
}
