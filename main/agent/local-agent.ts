import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RemoteProcess } from '../remotes/remote.ts';
import type { Agent } from './agent.ts';
import { agentBundle } from './bundle.ts';
import { greetAgent } from './greet-agent.ts';
import type { StartAgentOptions } from './start-agent.ts';

/**
 * An agent on the main host itself, as who runs us and under our own Node, for work that the main host takes
 * a share of. Throws as `startAgent`.
 */
export async function startLocalAgent(
  options: Omit<StartAgentOptions, 'rights' | 'nodeCache' | 'share'> & {
    readonly share: string;
    readonly env: NodeJS.ProcessEnv;
  },
): Promise<Agent> {
  const { cacheDir, share, env } = options;
  const bundle = await agentBundle(cacheDir);
  const { NODE_OPTIONS, NODE_PATH, ...clean } = env;
  const child = spawn(process.execPath, [bundle.file, '--shared', share], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: clean,
    // Ctrl-C is ours: the agent hears of it from us.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit').then(
    ([exitCode, signal]) => ({ exitCode: exitCode as number | null, signal: signal as string | null }),
    () => ({ exitCode: null, signal: null }),
  );
  const running: RemoteProcess = {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    kill: () => child.kill('SIGKILL'),
    resize: () => undefined,
  };
  const here = { address: 'localhost', lost: new AbortController().signal };
  return greetAgent(here, running, options);
}
