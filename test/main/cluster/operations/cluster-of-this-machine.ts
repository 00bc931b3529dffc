import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startAgent } from '../../../../main/agent/start-agent.ts';
import type { Live } from '../../../../main/cluster/live.ts';
import { LiveCluster } from '../../../../main/cluster/live-cluster.ts';
import { nodeOf } from '../../../fakes/face-of.ts';
import { LocalRemote } from '../../agent/local-remote.ts';

/** A cluster of this machine alone, with a real agent; `directory` is the scenario's. */
export async function clusterOfThisMachine(directory = tmpdir()) {
  const state = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const remote = new LocalRemote({ SHAKEDOWN_AGENT_STATE: state });
  const signal = new AbortController().signal;
  const agent = await startAgent(remote, {
    cacheDir: join(tmpdir(), 'shakedown-test-cache'),
    runId: 'run-1',
    listener: { log: () => {}, progress: () => {} },
    signal,
    log: () => {},
    nodeCache: join(tmpdir(), 'shakedown-test-node-cache'),
  });
  onTestFinished(async () => {
    await agent[Symbol.asyncDispose]();
    rmSync(state, { recursive: true, force: true });
  });
  const node = { id: 0, machine: { id: 0, name: 'n0', address: '127.0.0.1', ssh: {} }, config: {}, agent };
  const live = new LiveCluster({
    nodes: [node],
    directory,
    power: { up: async () => undefined, act: async () => undefined },
    faults: { healAll: async () => undefined },
  } as unknown as Live);
  return { live, node: nodeOf(live) };
}
