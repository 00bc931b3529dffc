import { posix } from 'node:path';
import type { Agent, AgentListener } from '../../agent/agent.ts';
import type { startLocalAgent } from '../../agent/local/local-agent.ts';
import type { Connector } from '../../cluster/connector.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { OpenRun } from '../../run/open-run.ts';
import type { SeatPlan } from './seat.ts';

/** How the agents of a distribution are reached. */
export interface Reach {
  readonly connector: Connector;
  readonly startLocal: typeof startLocalAgent;
  readonly env: NodeJS.ProcessEnv;
  readonly cacheDir: string;
  /** What this distribution's share of each node is called. */
  readonly key: string;
}

/** A node with an agent that has a share of it. */
export interface Reached extends AsyncDisposable {
  readonly agent: Agent;
}

/** Seconds: a machine that exists answers at once, one that is made may boot still. */
const connectWithin = { borrowed: 30, made: 180 } as const;

/** Seconds without a word after which a node, or the main host, counts as gone. */
const aliveWithin = 15;

/** Seconds for an agent to greet us: one of a distribution that was killed may be ending still. */
const greetWithin = 60;

/** Connects to a node, and takes a share of it. Throws ShakedownError. */
export async function reachSeat(
  { id, machine }: SeatPlan,
  made: boolean,
  { connector, startLocal, env, cacheDir, key }: Reach,
  { store, work }: OpenRun,
): Promise<Reached> {
  const log = (message: string) => work.log(message, id);
  const listener: AgentListener = { log, progress: log };
  const { signal } = work;
  const options = {
    cacheDir,
    runId: store.id,
    listener,
    log,
    signal,
    aliveWithin,
    within: greetWithin,
    share: key,
  };
  if (!machine) {
    const agent = await startLocal({ ...options, env });
    return { agent, [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose]() };
  }
  const timeout = made ? connectWithin.made : connectWithin.borrowed;
  const remote = await connector.connect(machine.ssh, { signal, timeout });
  try {
    // Who is root finds what the machine's maker put there for root.
    const rights = machine.ssh.user === 'root' ? 'root' : 'login';
    const agent = await connector.startAgent(remote, { ...options, rights, address: machine.address });
    return { agent, [Symbol.asyncDispose]: () => close(agent, remote) };
  } catch (error) {
    await remote[Symbol.asyncDispose]();
    throw error;
  }
}

async function close(agent: Agent, remote: Remote): Promise<void> {
  await agent[Symbol.asyncDispose]();
  await remote[Symbol.asyncDispose]();
}

/** Where a distribution has its folders on a node, below the home of who logs in. */
export const folderOf = (key: string): string => posix.join('.local/share/shakedown/distribute', key);
