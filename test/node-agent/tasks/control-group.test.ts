import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ControlGroup, ownControlGroup, ownGroupDirectory } from '../../../common/processes/control-group.ts';
import { AgentState } from '../../../node-agent/agent-state.ts';
import { TaskGroups } from '../../../node-agent/tasks/task-groups.ts';
import { isAlive } from '../agent-process.ts';
import { temporaryFolder } from '../temporary.ts';
import { canMakeGroups } from './can-make-groups.ts';

describe('the group in which a process is', () => {
  const pure = '35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';

  test('lies where version 2 is mounted, be it beside the groups of version 1', () => {
    const own = '0::/user.slice/user-0.slice/session-3.scope\n';
    expect(ownGroupDirectory(pure, own)).toBe('/sys/fs/cgroup/user.slice/user-0.slice/session-3.scope');
    const hybrid = `32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n${pure.replace('cgroup rw', 'cgroup/unified rw')}`;
    expect(ownGroupDirectory(hybrid, `4:memory:/x\n${own}`)).toMatch('/sys/fs/cgroup/unified/user.slice');
    expect(ownGroupDirectory(pure, '0::/\n')).toBe('/sys/fs/cgroup/');
  });

  test('is told only where it can be seen', () => {
    const part = pure.replace('0:30 /', '0:30 /machine/a');
    expect(ownGroupDirectory(part, '0::/machine/a/init\n')).toBe('/sys/fs/cgroup/init');
    for (const elsewhere of ['0::/machine/ab\n', '0::/../other\n', '4:memory:/x\n', ''])
      expect(ownGroupDirectory(part, elsewhere), elsewhere).toBeUndefined();
    expect(ownGroupDirectory('32 31 0:29 / /cg rw - cgroup cgroup rw,cpu\n', '0::/\n')).toBeUndefined();
  });
});

describe('where no group can be made', () => {
  const state = () => new AgentState(join(temporaryFolder(), 'state'));

  test('there is none, and nothing to end', async () => {
    const groups = new TaskGroups(state(), new ControlGroup('/nowhere/at/all'));
    expect(groups.make('one')).toBeUndefined();
    expect(groups.find()).toEqual([]);
    await groups.end();
  });

  test('nor is there one of which nobody would know after a kill', () => {
    const kept = state();
    mkdirSync(join(kept.directory, 'task-groups.json/in-the-way'), { recursive: true });
    expect(new TaskGroups(kept, new ControlGroup(temporaryFolder())).make('one')).toBeUndefined();
  });
});

describe.runIf(canMakeGroups)('a group', () => {
  function group(): ControlGroup {
    const made = ownControlGroup()?.make(`shakedown-test-${process.pid}-${Math.random()}`);
    if (!made) throw new Error('no group can be made');
    onTestFinished(async () => {
      made.kill();
      await vi.waitFor(() => expect(made.remove()).toBe(true), 10_000);
    });
    return made;
  }

  test('has those that joined and all that they start, in groups of their own too', async () => {
    const made = group();
    const below = made.make('below');
    const [outer, inner] = [made, below].map((one) => {
      const child = spawn('sh', ['-c', 'echo 0 >"$0"; sleep 1000 & wait', one?.door ?? ''], {
        stdio: 'ignore',
      });
      return child.pid ?? 0;
    });
    await vi.waitFor(() => expect(made.find()).toHaveLength(4), 10_000);
    expect(made.find()).toEqual(expect.arrayContaining([outer, inner]));
    expect(below?.find()).toHaveLength(2);
    expect(made.remove()).toBe(false);
    const pids = made.find();
    made.kill();
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 10_000);
    await vi.waitFor(() => expect(made.remove()).toBe(true), 10_000);
    expect(made.find()).toEqual([]);
  });

  test('is ended by another agent than the one that made it, and made again after that', async () => {
    const state = new AgentState(join(temporaryFolder(), 'state'));
    const groups = new TaskGroups(state);
    const made = groups.make('one');
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(made?.door ?? '', String(child.pid));
    expect(groups.find()).toEqual([child.pid]);
    await new TaskGroups(state).end();
    expect(isAlive(child.pid ?? 0)).toBe(false);
    expect(existsSync(made?.directory ?? '')).toBe(false);
    expect(groups.make('two')?.find()).toEqual([]);
    await groups.end();
    expect(execFileSync('cat', [state.path('task-groups.json')], { encoding: 'utf8' })).toBe('[]');
  });
});
