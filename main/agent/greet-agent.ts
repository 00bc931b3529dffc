import { hostname, userInfo } from 'node:os';
import { present } from '../../common/present.ts';
import { protocolVersion } from '../../common/protocol.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import type { Agent, AgentListener } from './agent.ts';
import { methodLimits } from './answers/method-limits.ts';
import { RpcAgent } from './rpc-agent.ts';

/** What it takes to greet an agent that has been started. */
export interface GreetOptions {
  readonly runId: string;
  readonly listener: AgentListener;
  readonly signal: AbortSignal;
  /** Seconds without a sign of life after which either side takes the other for gone. */
  readonly aliveWithin?: number;
  /** The main host's clock, ms since the epoch. */
  readonly clock?: () => number;
  /** Seconds for the agent to greet us, where it may take longer than usual: an emulated machine is slow. */
  readonly within?: number;
}

/** Takes the node for this run by an agent that has been started there. On a throw it is dismissed. */
export async function greetAgent(
  remote: Pick<Remote, 'address' | 'lost'>,
  child: RemoteProcess,
  { runId, listener, signal, clock = Date.now, within = 0, aliveWithin }: GreetOptions,
): Promise<Agent> {
  const client = new RpcAgent(remote, child, listener);
  try {
    const mainHost = `${userInfo().username}@${hostname()}`;
    const hello = {
      version: protocolVersion,
      runId,
      mainHost,
      clockMs: clock(),
      ...present({ aliveWithin }),
    };
    client.info = await client.call('hello', hello, {
      signal,
      timeout: Math.max(within, methodLimits.hello),
    });
    if (aliveWithin !== undefined) void client.mustAnswer(aliveWithin);
    return client;
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}
