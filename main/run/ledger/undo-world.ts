import { withTimeLimit } from '../../../common/time-limit.ts';
import type { Agent } from '../../agent/agent.ts';
import type { Connector } from '../../cluster/connector.ts';
import type { ReachedMachine, UndoWorld } from '../../ledger/undo-kind.ts';
import type { Machine, Provider } from '../../providers/provider.ts';

/** What undoing needs of the world. */
export interface Reaping {
  readonly signal: AbortSignal;
  readonly cacheDir: string;
  readonly provider: (name: string) => Promise<Provider>;
  readonly connector: Connector;
}

/**
 * For undoing what another process left: each machine is connected to anew.
 * `log` hears what undoing has to tell.
 */
export const undoWorld = (
  { provider, ...outside }: Reaping,
  log: UndoWorld['log'] = () => undefined,
): UndoWorld => ({
  signal: outside.signal,
  log,
  cacheDir: outside.cacheDir,
  provider,
  reach: (machine) => reachAnew(machine, outside),
});

/** For undoing what only a provider made. */
export const undoWorldOf = (
  provider: Provider,
  { log, cacheDir }: Pick<UndoWorld, 'log' | 'cacheDir'>,
): UndoWorld => ({
  signal: new AbortController().signal,
  log,
  cacheDir,
  provider: async () => provider,
  reach: () => Promise.reject(new Error('no machine is reached to undo this')),
});

/** Seconds for an agent to be there on a machine that answers; its files are there mostly. */
const agentWithin = 30;

export interface ReachOptions {
  /** The node is taken for this run: an agent of the same one hands it over. */
  readonly runId?: string;
  /** Seconds for the machine to answer. */
  readonly within?: number;
  /** What serves as its agent where none can be started. */
  readonly otherwise?: Agent;
}

/** A new connection to the machine with an agent on it, closed together. Throws ShakedownError. */
export async function reachAnew(
  { ssh }: Machine,
  { signal, cacheDir, connector }: Omit<Reaping, 'provider'>,
  { runId = 'reap', within = 20, otherwise }: ReachOptions = {},
): Promise<ReachedMachine> {
  const remote = await connector.connect(ssh, { signal, timeout: within });
  const listener = { log: () => undefined, progress: () => undefined };
  try {
    const start = (stop: AbortSignal) =>
      connector.startAgent(remote, { cacheDir, runId, listener, signal: stop, log: listener.log });
    const agent = await withTimeLimit({ what: 'starting an agent', seconds: agentWithin, signal }, start);
    const close = async () => {
      await agent[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
    };
    return { remote, agent, [Symbol.asyncDispose]: close };
  } catch (error) {
    if (otherwise)
      return { remote, agent: otherwise, [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose]() };
    await remote[Symbol.asyncDispose]();
    throw error;
  }
}
