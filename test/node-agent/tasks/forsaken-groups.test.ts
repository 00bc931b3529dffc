import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ControlGroup, ownControlGroup } from '../../../common/processes/control-group.ts';
import { AgentState } from '../../../node-agent/agent-state.ts';
import { agentGroup, removeForsakenGroups } from '../../../node-agent/tasks/forsaken-groups.ts';
import { TaskGroups } from '../../../node-agent/tasks/task-groups.ts';
import { temporaryFolder } from '../temporary.ts';
import { canMakeGroups } from './can-make-groups.ts';

const [one, two] = ['0123456789abcdef', 'fedcba9876543210'].map(agentGroup);
const hour = 3_600_000;

test('groups of agents that are no more go when nothing was made in them for an hour', () => {
  const above = temporaryFolder();
  const long = new Date(Date.now() - 2 * hour);
  for (const path of [`${one}/task/inner`, `${two}/young`, `${two}/old`, 'shakedown-of-a-test', 'shakedown'])
    mkdirSync(join(above, path), { recursive: true });
  for (const path of [`${one}/task/inner`, `${one}/task`, `${one}`, `${two}/old`, `${two}`])
    utimesSync(join(above, path), long, long);
  utimesSync(join(above, 'shakedown'), long, long);
  removeForsakenGroups(new ControlGroup(above));
  expect(readdirSync(above)).toEqual([`${two}`, 'shakedown', 'shakedown-of-a-test'].sort());
  expect(readdirSync(join(above, `${two}`))).toEqual(['young']);
  removeForsakenGroups(new ControlGroup(above), Date.now() + 2 * hour);
  expect(readdirSync(above)).toEqual(['shakedown', 'shakedown-of-a-test']);
});

test('where there are none, nothing happens', () => {
  removeForsakenGroups(new ControlGroup('/nowhere/at/all'));
});

describe.runIf(canMakeGroups)('of the kernel', () => {
  test('those of an agent whose state is gone are taken away by the next agent, unless a process is in them', async () => {
    const own = ownControlGroup()?.make(`shakedown-test-${process.pid}-${Math.random()}`);
    if (!own) throw new Error('no group can be made');
    onTestFinished(async () => {
      own.kill();
      await vi.waitFor(() => expect(own.remove()).toBe(true));
    });
    const agent = () => {
      const state = new AgentState(join(temporaryFolder(), 'state'));
      return { state, groups: new TaskGroups(state, own) };
    };
    const [empty, used, next] = [agent(), agent(), agent()];
    const [left, held] = [empty, used].map(({ groups }) => groups.make('task')?.directory ?? '');
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(join(`${held}`, 'cgroup.procs'), String(child.pid));
    const long = new Date(Date.now() - 2 * hour);
    for (const directory of [left, held].flatMap((path) => [`${path}`, join(`${path}`, '..')]))
      utimesSync(directory, long, long);
    for (const { state } of [empty, used]) rmSync(state.directory, { recursive: true });
    expect(next.groups.make('task')?.find()).toEqual([]);
    expect([left, held].map((path) => existsSync(`${path}`))).toEqual([false, true]);
    expect(existsSync(join(own.directory, agentGroup(empty.state.id)))).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await next.groups.end();
  });
});
