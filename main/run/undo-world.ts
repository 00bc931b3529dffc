import type { Connector } from '../cluster/connector.ts';
import type { UndoWorld } from '../ledger/undo-kind.ts';
import type { Provider } from '../providers/provider.ts';

/** What undoing needs of the world. */
export interface Reaping {
  readonly signal: AbortSignal;
  readonly cacheDir: string;
  readonly provider: (name: string) => Promise<Provider>;
  readonly connector: Connector;
}

/** Seconds for a machine to answer, of which something is to be undone. */
const answersWithin = 20;

/** For undoing what another process left: each machine is connected to anew. */
export const undoWorld = ({ signal, cacheDir, provider, connector }: Reaping): UndoWorld => ({
  signal,
  log: () => undefined,
  provider,
  reach: async ({ ssh }) => {
    const remote = await connector.connect(ssh, { signal, timeout: answersWithin });
    const listener = { log: () => undefined, progress: () => undefined };
    const options = { cacheDir, runId: 'reap', listener, signal, log: listener.log };
    try {
      const agent = await connector.startAgent(remote, options);
      const close = async () => {
        await agent[Symbol.asyncDispose]();
        await remote[Symbol.asyncDispose]();
      };
      return { remote, agent, [Symbol.asyncDispose]: close };
    } catch (error) {
      await remote[Symbol.asyncDispose]();
      throw error;
    }
  },
});
