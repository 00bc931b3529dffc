import { randomUUID } from 'node:crypto';
import { arch } from 'node:os';
import { withTimeLimit } from '../../common/time-limit.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import { takeGreeting } from '../remotes/commands/greeting.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import { agentLoader } from './agent-loader.ts';
import { agentBundle } from './bundle.ts';
import { agentIn, type InstallOptions, nodeCaches, packIn, runtimeIn } from './install.ts';
import { type Architecture, nodeRuntime } from './runtime.ts';

/**
 * Seconds, on the slowest of machines: for the login's shell to run anything at all, which one that is none
 * never does, and for the look at what lies there.
 */
const limits = { shell: 15, look: 60 };

/**
 * Starts the agent in one round trip where it lies on the node already, as it does after the first run: it is
 * looked at and started by one shell. Undefined where it does not, or not so that it may be run, or the node
 * has another processor than the main host; why, the long way finds out.
 */
export async function quickStart(
  remote: Remote,
  args: readonly string[],
  options: InstallOptions,
): Promise<RemoteProcess | undefined> {
  const { cacheDir, signal, rights = 'root' } = options;
  const [cache] = nodeCaches(options);
  const architecture = arch();
  if (cache === undefined || !isKnown(architecture)) return undefined;
  const [bundle, runtime] = await Promise.all([agentBundle(cacheDir), nodeRuntime(architecture, cacheDir)]);
  const begins = `the agent begins ${randomUUID()}.`;
  const values = {
    cache,
    begins,
    runtime: runtimeIn(cache, runtime),
    runtime_size: runtime.size,
    runtime_sha256: runtime.sha256,
    agent: agentIn(cache, bundle),
    loader: agentLoader,
    pack: packIn(cache, bundle),
    pack_sha256: bundle.pack.sha256,
  };
  const script = shellFile(import.meta.dirname, 'shell/quick-start.sh', values, args);
  const spawned = remote.spawn(script, { root: rights === 'root' });
  try {
    const ofShell = { what: "the login's shell", seconds: limits.shell, signal };
    const child = await withTimeLimit(ofShell, () => spawned);
    const ofLook = { what: 'the start of the agent', seconds: limits.look, signal };
    const { begun } = await withTimeLimit(ofLook, () => takeGreeting(child.stdout, begins));
    return begun ? child : undefined;
  } catch (error) {
    // It may begin yet.
    spawned.then(
      (child) => child.kill(),
      () => undefined,
    );
    signal?.throwIfAborted();
    if (remote.lost.aborted) throw error;
    return undefined;
  }
}

const isKnown = (name: string): name is Architecture => name === 'x64' || name === 'arm64';
