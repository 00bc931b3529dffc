import { expect, test, vi } from 'vitest';
import { isAlive } from '../../../node-agent/agent-process.ts';
import { clusterOfThisMachine } from './cluster-of-this-machine.ts';

test('a task goes on while other things are done; what it printed is there at any time', async () => {
  const { node } = await clusterOfThisMachine();
  const task = await node.startTask(
    'echo begun; echo odd >&2; read -r line || echo nothing to read; sleep 1000',
  );
  await vi.waitFor(async () => expect((await task.status()).stdout).toBe('begun\nnothing to read\n'), 20_000);
  expect(await node.sh('echo meanwhile')).toBe('meanwhile');
  expect(await task.status()).toMatchObject({ running: true, exitCode: null, signal: null, stderr: 'odd\n' });
  await expect(task.ended({ timeout: 0.2 })).rejects.toThrow('sleep 1000');
  expect((await task.status()).running).toBe(true);
});

test('a task that ends by itself is waited for', async () => {
  const { node } = await clusterOfThisMachine();
  const task = await node.startTask('sleep 0.2; echo done; exit 7', { root: true });
  expect(await task.ended({ timeout: 60 })).toEqual({
    command: 'sleep 0.2; echo done; exit 7',
    ...{ running: false, exitCode: 7, signal: null, stdout: 'done\n', stderr: '' },
  });
  expect(await task.stop()).toMatchObject({ exitCode: 7 });
});

test('a task that is stopped has ended with all its processes, and what it said at last is there', async () => {
  const { node } = await clusterOfThisMachine();
  const line = "sleep 1000 & echo $!; trap 'echo last words; exit 3' TERM; while :; do sleep 0.05; done";
  await using task = await node.startTask(line);
  const said = await vi.waitFor(async () => {
    const { stdout } = await task.status();
    expect(stdout).toMatch(/^\d+\n/);
    return stdout;
  });
  const stopped = await task.stop();
  expect(stopped).toMatchObject({ running: false, exitCode: 3 });
  expect(stopped.stdout).toContain('last words');
  expect(isAlive(Number.parseInt(said, 10))).toBe(false);
  expect(await task.stop()).toEqual(stopped);
});

test('tasks that nobody stopped end with the checks', async () => {
  const { live, node } = await clusterOfThisMachine();
  const tasks = await Promise.all([1, 2].map(() => node.startTask('echo $$; sleep 1000; :')));
  await vi.waitFor(async () => {
    for (const task of tasks) expect((await task.status()).stdout).toMatch(/^\d+\n/);
  });
  await live[Symbol.asyncDispose]();
  for (const task of tasks) {
    const { running, stdout } = await task.status();
    expect([running, isAlive(Number.parseInt(stdout, 10))]).toEqual([false, false]);
  }
});

test('what is no task is told', async () => {
  const { live, node } = await clusterOfThisMachine();
  await expect(live.ask('cluster', 'stopTask', {}, ['0/9'])).rejects.toThrow("there is no task '0/9'");
  await expect(node.startTask('')).rejects.toThrow("'node.startTask', argument 1");
  await expect(node.startTask('x', { roots: true } as never)).rejects.toThrow("did you mean 'root'?");
});
