import { shellQuote } from '../remotes/commands/shell-line.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import type { Agent } from './agent.ts';
import { type GreetOptions, greetAgent } from './greet-agent.ts';
import type { HandOn, Newcomer } from './hand-on/hand-on.ts';
import { type AgentRights, installAgent } from './install.ts';
import { quickStart } from './quick-start.ts';

export interface StartAgentOptions extends GreetOptions {
  readonly cacheDir: string;
  /** Lines for the node's log that are the main host's own. */
  readonly log: (message: string) => void;
  /** Root's unless told. With a user's own, it manages no packages, units or files that are root's. */
  readonly rights?: AgentRights;
  /**
   * A share of the node, beside others, under this key (a file's name): for an agent with the rights of who
   * logs in.
   */
  readonly share?: string;
  /** By which the nodes of a run hand the runtime on to one another. */
  readonly handOn?: HandOn;
  /** Where other nodes reach this one; without it, none of them fetches anything there. */
  readonly address?: string;
  /** Other folders than /var/cache/shakedown on the node, for tests. */
  readonly nodeCache?: string | readonly string[];
}

/**
 * Puts the agent on a node where it is missing, starts it, and takes the node for this run. Throws
 * ShakedownError when the node is in use by another run, lacks root rights, or the agent cannot run there.
 * The one who started it disposes of it, which ends its services.
 */
export async function startAgent(remote: Remote, options: StartAgentOptions): Promise<Agent> {
  using newcomer = options.handOn?.newcomer(options);
  const child = await startOn(remote, newcomer, options);
  const agent = await greetAgent(remote, child, options);
  newcomer?.holds(agent);
  return agent;
}

async function startOn(
  remote: Remote,
  newcomer: Newcomer | undefined,
  options: StartAgentOptions,
): Promise<RemoteProcess> {
  const { rights = 'root', share } = options;
  const args = share === undefined ? [] : ['--shared', share];
  const quick = await quickStart(remote, args, options);
  if (quick) return quick;
  const { runtime, agent } = await installAgent(remote, { ...options, newcomer });
  // Neither may the login's environment change how the agent runs.
  const line = `unset NODE_OPTIONS NODE_PATH; exec ${[runtime, agent, ...args].map(shellQuote).join(' ')}`;
  return remote.spawn(line, { root: rights === 'root' });
}
