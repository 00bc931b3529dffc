import type { Agent, AgentListener } from '../agent/agent.ts';
import type { AgentRights } from '../agent/install.ts';
import type { Remote } from '../remotes/remote.ts';
import type { SshTarget } from '../remotes/ssh-target.ts';

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
      /** Seconds for the agent to greet us, where that is more than usual. */
      within?: number;
      /** See StartAgentOptions. */
      rights?: AgentRights;
      share?: string;
      address?: string;
      aliveWithin?: number;
    },
  ): Promise<Agent>;
}
