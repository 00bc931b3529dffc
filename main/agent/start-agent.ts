import { hostname, userInfo } from 'node:os';
import { present } from '../../common/present.ts';
import { protocolVersion } from '../../common/protocol.ts';
import { shellQuote } from '../remotes/commands/shell-line.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import type { Agent, AgentListener } from './agent.ts';
import { methodLimits } from './answers/method-limits.ts';
import { type AgentRights, installAgent } from './install.ts';
import { quickStart } from './quick-start.ts';
import { RpcAgent } from './rpc-agent.ts';

export interface StartAgentOptions {
  readonly cacheDir: string;
  readonly runId: string;
  readonly listener: AgentListener;
  readonly signal: AbortSignal;
  /** Lines for the node's log that are the main host's own. */
  readonly log: (message: string) => void;
  /** Root's unless told. With a user's own, it manages no packages, units or files that are root's. */
  readonly rights?: AgentRights;
  /**
   * A share of the node, beside others, under this key (a file's name): for an agent with the rights of who
   * logs in.
   */
  readonly share?: string;
  /** Seconds without a sign of life after which either side takes the other for gone. */
  readonly aliveWithin?: number;
  /** Other folders than /var/cache/shakedown on the node, for tests. */
  readonly nodeCache?: string | readonly string[];
  /** The main host's clock, ms since the epoch. */
  readonly clock?: () => number;
  /** Seconds for the agent to greet us, where it may take longer than usual: an emulated machine is slow. */
  readonly within?: number;
}

/**
 * Puts the agent on a node where it is missing, starts it, and takes the node for this run. Throws
 * ShakedownError when the node is in use by another run, lacks root rights, or the agent cannot run there.
 * The one who started it disposes of it, which ends its services.
 */
export async function startAgent(remote: Remote, options: StartAgentOptions): Promise<Agent> {
  const { rights = 'root', share } = options;
  const args = share === undefined ? [] : ['--shared', share];
  const quick = await quickStart(remote, args, options);
  if (quick) return greetAgent(remote, quick, options);
  const { runtime, agent } = await installAgent(remote, options);
  // Neither may the login's environment change how the agent runs.
  const line = `unset NODE_OPTIONS NODE_PATH; exec ${[runtime, agent, ...args].map(shellQuote).join(' ')}`;
  const child = await remote.spawn(line, { root: rights === 'root' });
  return greetAgent(remote, child, options);
}

/** Takes the node for this run by an agent that has been started there. On a throw it is dismissed. */
export async function greetAgent(
  remote: Pick<Remote, 'address' | 'lost'>,
  child: RemoteProcess,
  {
    runId,
    listener,
    signal,
    clock = Date.now,
    within = 0,
    aliveWithin,
  }: Pick<StartAgentOptions, 'runId' | 'listener' | 'signal' | 'clock' | 'within' | 'aliveWithin'>,
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
