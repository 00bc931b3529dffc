import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { TaskProcesses, taskVariable } from '../../../node-agent/tasks/task-processes.ts';

/** A process that has the mark of a task, and leads a session of its own. */
async function marked(id: string): Promise<number> {
  const env = { ...process.env, [taskVariable]: id };
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child.pid ?? 0;
}

test('who is left is found among those that began after the first process of a short task', async () => {
  const id = randomUUID();
  const leader = await marked('another task');
  const left = await marked(id);
  expect(new TaskProcesses(id, leader, undefined).left(10)).toEqual([leader, left]);
  expect(new TaskProcesses(randomUUID(), leader, undefined).left(10)).toEqual([leader]);
});

test('and among all others, where the task was long or ids have begun anew', async () => {
  const id = randomUUID();
  const left = await marked(id);
  const leader = await marked('another task');
  expect(new TaskProcesses(id, leader, undefined).left(60_000)).toEqual([left, leader]);
  expect(new TaskProcesses(id, 2 ** 30, undefined).left(10)).toEqual([left]);
});
