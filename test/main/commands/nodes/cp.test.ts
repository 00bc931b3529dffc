import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { cpCommand } from '../../../../main/commands/nodes/cp.ts';
import { folder, node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

/** The folder that the command runs in; the node's files are this machine's, below `there`. */
let cwd: string;
let there: string;
const cp = (from: string, to: string) => inFolder(cwd, cpCommand, { args: [from, to] });
const text = (...path: string[]) => readFileSync(join(...path), 'utf8');

function tree(directory: string): string {
  mkdirSync(join(directory, 'tree/with space'), { recursive: true });
  writeFileSync(join(directory, 'tree/run.sh'), 'run', { mode: 0o755 });
  writeFileSync(join(directory, 'tree/with space/ü'), 'odd');
  symlinkSync('run.sh', join(directory, 'tree/link'));
  return join(directory, 'tree');
}

beforeEach(async () => {
  cwd = keptIn([(await node()).target]);
  there = folder();
});

describe('from a node', () => {
  test('a file comes under the name that is given, or into a folder that is there', async () => {
    writeFileSync(join(there, 'hosts'), 'there');
    const { stdout } = await cp(`0:${there}/hosts`, 'copy');
    expect(stdout).toBe(`${there}/hosts -> ${cwd}/copy\n`);
    expect(text(cwd, 'copy')).toBe('there');
    await cp(`db0:${there}/hosts`, '.');
    expect(text(cwd, 'hosts')).toBe('there');
    await cp(`0:${there}/hosts`, 'new/folder/name');
    expect(text(cwd, 'new/folder/name')).toBe('there');
  });

  test('a folder comes whole, with modes and links', async () => {
    tree(there);
    await cp(`0:${there}/tree`, 'home');
    expect(text(cwd, 'home/with space/ü')).toBe('odd');
    expect(text(cwd, 'home/link')).toBe('run');
    expect(statSync(join(cwd, 'home/run.sh')).mode & 0o777).toBe(0o755);
  });

  test('a folder is added to the one that is there: files are replaced, others stay', async () => {
    tree(there);
    mkdirSync(join(cwd, 'tree/with space'), { recursive: true });
    writeFileSync(join(cwd, 'tree/with space/mine'), 'mine');
    writeFileSync(join(cwd, 'tree/run.sh'), 'old');
    await cp(`0:${there}/tree`, '.');
    expect(readdirSync(join(cwd, 'tree/with space')).toSorted()).toEqual(['mine', 'ü']);
    expect(text(cwd, 'tree/run.sh')).toBe('run');
  });

  test('a file never replaces a folder', async () => {
    writeFileSync(join(there, 'hosts'), 'there');
    mkdirSync(join(cwd, 'hosts'));
    writeFileSync(join(cwd, 'hosts/mine'), 'mine');
    await cp(`0:${there}/hosts`, 'hosts');
    expect(readdirSync(join(cwd, 'hosts')).toSorted()).toEqual(['hosts', 'mine']);
    mkdirSync(join(cwd, 'sub/hosts'), { recursive: true });
    await expect(cp(`0:${there}/hosts`, 'sub')).rejects.toThrow(/sub\/hosts is a folder/);
  });

  test('a place below a file is the user’s mistake', async () => {
    writeFileSync(join(there, 'hosts'), 'there');
    writeFileSync(join(cwd, 'file'), '');
    const asked = cp(`0:${there}/hosts`, 'file/hosts');
    await expect(asked).rejects.toThrow(
      `Nothing can be written into ${cwd}/file: there is a file on its path.`,
    );
    await expect(asked).rejects.toBeInstanceOf(UsageError);
  });

  test('what is not there is told, and leaves nothing behind', async () => {
    const before = readdirSync(cwd);
    await expect(cp(`0:${there}/nothing`, 'copy')).rejects.toThrow(
      `there is no ${there}/nothing on the node`,
    );
    expect(readdirSync(cwd)).toEqual(before);
  });
});

describe('to a node', () => {
  test('a file goes under the name that is given, or into a folder that is there', async () => {
    writeFileSync(join(cwd, 'app'), 'here', { mode: 0o750 });
    await cp('app', `0:${there}`);
    expect(text(there, 'app')).toBe('here');
    await cp('app', `0:${there}/new/name`);
    expect(text(there, 'new/name')).toBe('here');
    expect(statSync(join(there, 'new/name')).mode & 0o777).toBe(0o750);
    expect(readdirSync(join(there, 'new'))).toEqual(['name']);
  });

  test('a folder goes whole', async () => {
    tree(cwd);
    await cp('tree', `0:${there}/`);
    expect(text(there, 'tree/with space/ü')).toBe('odd');
    await cp('tree', `0:${there}/renamed`);
    expect(text(there, 'renamed/link')).toBe('run');
    expect(readdirSync(there).toSorted()).toEqual(['renamed', 'tree']);
  });
});

test.each([
  ['by SFTP', {}],
  ['through the channel where sshd has no SFTP', { sftp: false }],
] as const)('a big file goes %s, and comes back, under a link’s name, too', async (_, options) => {
  cwd = keptIn([(await node(options)).target]);
  const bytes = randomBytes(2_000_000);
  writeFileSync(join(cwd, 'big'), bytes, { mode: 0o640 });
  const { stdout } = await cp('big', `0:${there}/new/name`);
  expect(stdout).toBe(`${cwd}/big -> ${there}/new/name\n`);
  symlinkSync('new/name', join(there, 'link'));
  await cp(`0:${there}/new/name`, 'back');
  await cp(`0:${there}/link`, '.');
  for (const file of [join(there, 'new/name'), join(cwd, 'back'), join(cwd, 'link')]) {
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(lstatSync(file).mode & 0o777).toBe(0o640);
  }
  expect([readdirSync(join(there, 'new')), readdirSync(cwd).toSorted()]).toEqual([
    ['name'],
    ['.shakedown', 'back', 'big', 'link'],
  ]);
});

test.each([
  ['a', 'b', /Neither of the two is on a node/],
  ['0:/a', '0:/b', /Both of the two are on nodes/],
  ['0:a', 'b', /Paths on a node begin with a slash/],
  ['nowhere', '0:/tmp', /There is no .*nowhere/],
  ['7:/a', 'b', /There is no node '7'/],
  ['0:/', 'b', /too much/],
])('cp %s %s is the user’s mistake', async (from, to, message) => {
  const error = await cp(from, to).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toMatch(message);
  expect(existsSync(join(cwd, 'b'))).toBe(false);
});
