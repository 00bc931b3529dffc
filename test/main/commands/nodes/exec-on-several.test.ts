import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { execCommand } from '../../../../main/commands/nodes/exec.ts';
import type { SshTarget } from '../../../../main/remotes/ssh-target.ts';
import { node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

/** A folder with three machines, of which each has its number in `$N`. */
async function three() {
  const nodes = await Promise.all(
    ['0', '1', '2'].map((number) => node({ env: { ...process.env, N: number } })),
  );
  return { nodes, cwd: keptIn(nodes.map(({ target }) => target)) };
}

const linesOf = (text: string): string[] => text.split('\n').filter(Boolean).sort();

describe('shakedown exec on several nodes', () => {
  test.each([
    ['all', ['db0 | 0', 'db1 | 1', 'db2 | 2']],
    ['2,db0', ['db0 | 0', 'db2 | 2']],
    ['1,db1', ['db1 | 1']],
  ])('%s: each line with the name before it', async (nodes, lines) => {
    const { cwd } = await three();
    const ran = await inFolder(cwd, execCommand, { args: [nodes], rest: ['echo $N; echo err $N >&2'] });
    expect(ran.code).toBe(0);
    expect(linesOf(ran.stdout)).toEqual(lines);
    expect(linesOf(ran.stderr)).toEqual(lines.map((line) => line.replace('| ', '| err ')));
  });

  test('gives the exit code of the first one that failed, whichever ended first', async () => {
    const { cwd } = await three();
    const rest = ['[ $N = 1 ] && sleep 0.3; exit $((N * 7))'];
    expect((await inFolder(cwd, execCommand, { args: ['all'], rest })).code).toBe(7);
  });

  test('a node that cannot be reached is told and counts as an error, and the others go on', async () => {
    const { nodes } = await three();
    const [first, second, third] = nodes.map(({ target }) => target) as [SshTarget, SshTarget, SshTarget];
    const { hostKey = '' } = first;
    const cwd = keptIn([first, { ...second, hostKey }, third]);
    const ran = await inFolder(cwd, execCommand, { args: ['all'], rest: ['echo $N'] });
    expect(ran.code).toBe(3);
    expect(linesOf(ran.stdout)).toEqual(['db0 | 0', 'db2 | 2']);
    expect(ran.stderr).toMatch(/^db1 \| .*host key/m);
  });

  test('is ended by an interrupt', async () => {
    const { cwd } = await three();
    const interrupt = new AbortController();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        interrupt.abort(new Error('interrupted'));
        done();
      },
    });
    const given = { args: ['all'], rest: ['echo started; sleep 30'], signal: interrupt.signal, stdout };
    await expect(inFolder(cwd, execCommand, given)).rejects.toThrow('interrupted');
  });

  test('a node that nobody has is told before anything runs', async () => {
    const { cwd } = await three();
    const wrong = inFolder(cwd, execCommand, { args: ['0,7'], rest: ['true'] });
    await expect(wrong).rejects.toThrow("There is no node '7'; there are: 0 (db0), 1 (db1), 2 (db2).");
  });
});
