import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { LocalRemote } from './local-remote.ts';

const cacheDir = join(tmpdir(), 'shakedown-test-cache');

/** A real agent on this machine, and a folder of its own there. */
export async function startHere(): Promise<{ agent: Agent; remote: LocalRemote; work: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const remote = new LocalRemote({ SHAKEDOWN_AGENT_STATE: join(folder, 'state') });
  const work = join(folder, 'work');
  mkdirSync(work);
  const agent = await startAgent(remote, {
    cacheDir,
    runId: 'run-1',
    listener: { log: () => {}, progress: () => {} },
    signal: new AbortController().signal,
    log: () => {},
    nodeCache: join(tmpdir(), 'shakedown-test-node-cache'),
  });
  onTestFinished(async () => {
    await agent[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return { agent, remote, work };
}
