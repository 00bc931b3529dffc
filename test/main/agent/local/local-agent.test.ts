import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { startLocalAgent } from '../../../../main/agent/local/local-agent.ts';
import { LocalAgentProcess } from '../../../../main/agent/local/local-agent-process.ts';

const cacheDir = join(tmpdir(), 'shakedown-test-cache');

/**
 * A main host of the test's own, where its agents keep their state; and a share of it that nobody else has.
 */
function mainHost() {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const env = { ...process.env, SHAKEDOWN_AGENT_STATE: join(folder, 'state') };
  const nothing = () => undefined;
  const listener = { log: nothing, progress: nothing };
  const share = `share-${Math.random().toString(36).slice(2)}`;
  const { signal } = new AbortController();
  return { folder, env, options: { cacheDir, env, share, listener, signal, runId: 'r1', log: nothing } };
}

/** The processes whose command line has these words. */
const withWords = async (words: string): Promise<readonly string[]> =>
  (await execa('pgrep', ['-f', '--', words], { reject: false })).stdout.split('\n').filter(Boolean);

test('an agent that started before anyone knew for which share has the one that it is told', async () => {
  const { env, options } = mainHost();
  using early = await LocalAgentProcess.start(cacheDir, env);
  await using agent = await startLocalAgent(options, early);
  expect((await agent.exec(['echo', 'here'])).stdout).toBe('here\n');
  expect(await withWords(`--shared ${options.share}`), 'its guard cleans up for that share').toHaveLength(1);
});

test('what it started ends with it, also when it is killed', async () => {
  const { env, folder, options } = mainHost();
  using early = await LocalAgentProcess.start(cacheDir, env);
  await using agent = await startLocalAgent(options, early);
  const pid = join(folder, 'pid');
  const sleeper = agent.exec(['sh', '-c', `echo $PPID > ${pid}; exec sleep 987.${process.pid}`]);
  sleeper.catch(() => undefined);
  await vi.waitFor(() => expect(readFileSync(pid, 'utf8')).toMatch(/\d\n/));
  process.kill(agent.info.pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await withWords(`sleep 987.${process.pid}`)).toEqual([]));
});

test('one that is never told ends when nobody wants it any more', async () => {
  const { env, folder } = mainHost();
  const started = { ...env, SHAKEDOWN_WHO: folder };
  const own = async () =>
    (await execa('sh', ['-c', `grep -lsz 'SHAKEDOWN_WHO=${folder}' /proc/[0-9]*/environ || true`])).stdout;
  {
    using _ = await LocalAgentProcess.start(cacheDir, started);
    expect(await own()).not.toBe('');
  }
  await vi.waitFor(async () => expect(await own()).toBe(''));
});
