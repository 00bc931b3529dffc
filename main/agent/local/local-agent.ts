import type { Agent } from '../agent.ts';
import { greetAgent } from '../greet-agent.ts';
import type { StartAgentOptions } from '../start-agent.ts';
import { LocalAgentProcess } from './local-agent-process.ts';

type LocalAgentOptions = Omit<StartAgentOptions, 'rights' | 'nodeCache' | 'share'> & {
  readonly share: string;
  readonly env: NodeJS.ProcessEnv;
};

/**
 * An agent on the main host itself, as who runs us and under our own Node, for work that the main host takes
 * a share of. `early`: its process, where that was started before. Throws as `startAgent`.
 */
export async function startLocalAgent(options: LocalAgentOptions, early?: LocalAgentProcess): Promise<Agent> {
  const { cacheDir, share, env } = options;
  const process = early ?? (await LocalAgentProcess.start(cacheDir, env, share));
  const here = { address: 'localhost', lost: new AbortController().signal };
  return greetAgent(here, process.as(share), options);
}
