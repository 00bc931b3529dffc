import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ControlGroup } from '../../../common/processes/control-group.ts';
import { lackedMemory, limitMemory, limitsMemory } from '../../../node-agent/tasks/limited-group.ts';
import { temporaryFolder } from '../temporary.ts';

/** A folder that looks like a control group; real ones are on virtual machines (`test/e2e`). */
function group(files: Readonly<Record<string, string>>): ControlGroup {
  const directory = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return new ControlGroup(directory);
}

test('the kernel limits the memory of groups below one that hands on the controller, and that we may enter', () => {
  expect(limitsMemory(group({ 'cgroup.subtree_control': 'cpu memory pids\n', 'cgroup.procs': '' }))).toBe(
    true,
  );
  expect(limitsMemory(group({ 'cgroup.subtree_control': 'cpu hugetlb\n', 'cgroup.procs': '' }))).toBe(false);
  expect(limitsMemory(group({ 'cgroup.subtree_control': 'memory\n' })), 'no door').toBe(false);
});

test('a limit is set with the end of the whole group, or not at all', () => {
  const able = group({ 'memory.max': '', 'memory.oom.group': '', 'memory.swap.max': '' });
  expect(limitMemory(able, 1024)).toBe(true);
  const set = ['memory.max', 'memory.oom.group', 'memory.swap.max'].map((file) => able.get(file));
  expect(set).toEqual(['1024', '1', '0']);
  expect(limitMemory(group({ 'memory.max': '' }), 1024), 'before Linux 4.19').toBe(false);
  expect(limitMemory(group({}), 1024)).toBe(false);
});

test('who was ended for its own limit is told from who was ended for lack of memory of the node', () => {
  const events = (oom: number, killed: number) => `low 0\nhigh 0\nmax 9\noom ${oom}\noom_kill ${killed}\n`;
  expect(lackedMemory(group({ 'memory.events': events(1, 3), 'memory.peak': '1000\n' }), 1024)).toBe(1000);
  expect(lackedMemory(group({ 'memory.events': events(1, 3) }), 1024), 'before Linux 5.19').toBe(1024);
  expect(lackedMemory(group({ 'memory.events': events(0, 3) }), 1024)).toBeUndefined();
  expect(lackedMemory(group({ 'memory.events': events(2, 0) }), 1024)).toBeUndefined();
  expect(lackedMemory(group({}), 1024)).toBeUndefined();
});

test('a group has those around it as far as they are mounted', () => {
  const mounted = group({ 'cgroup.controllers': 'memory\n' });
  const inner = join(mounted.directory, 'a');
  mkdirSync(inner);
  expect(new ControlGroup(inner).withAncestors().map(({ directory }) => directory)).toEqual([
    ...[inner, mounted.directory],
  ]);
});
