import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { greetedAgent, isAlive } from '../agent-process.ts';

const MiB = 1024 ** 2;

/** A program that puts down its id, takes so many MiB, and stays. */
const takes = (mib: number, file: string) =>
  `node -e "require('fs').writeFileSync('${file}', String(process.pid)); globalThis.kept = []; let n = 0; const timer = setInterval(() => { if (n++ < ${mib / 16}) kept.push(Buffer.alloc(${16 * MiB}, 7)); else clearInterval(timer); }, 5); setTimeout(() => {}, 60_000)"`;

describe('a task whose memory is limited', () => {
  test('is ended with all its processes when they have more together', async () => {
    const agent = await greetedAgent();
    const command = `${takes(160, 'one')} & ${takes(160, 'two')} & wait`;
    const ended = await agent.run(command, { memory: 300 * MiB, leftovers: 'kill' });
    // The shell may see its children die before it does itself.
    expect(ended.exitCode).not.toBe(0);
    // Where the kernel sees to it they get no more than that.
    expect(ended.outOfMemory).toBeGreaterThan(290 * MiB);
    const pids = ['one', 'two'].map((name) => Number(readFileSync(join(agent.work, name), 'utf8')));
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test('is left alone as long as they have less; another one beside it, too', async () => {
    const agent = await greetedAgent();
    const leaks = agent.run(takes(640, 'leaks'), { memory: 200 * MiB });
    const other = await agent.run('echo ok; sleep 1', { memory: 200 * MiB });
    expect(other).toMatchObject({ exitCode: 0, stdout: 'ok\n' });
    expect(other.outOfMemory).toBeUndefined();
    expect((await leaks).outOfMemory).toBeGreaterThan(190 * MiB);
  });

  test('may share pages with the processes that it forks: they count once', async () => {
    const agent = await greetedAgent();
    const program = [
      'import os, time',
      'kept = bytearray(100 * 1024 * 1024)',
      'for page in range(0, len(kept), 4096): kept[page] = 1',
      'forks = [pid for pid in (os.fork() for _ in range(3))]',
      'time.sleep(1)',
    ];
    const ended = await agent.run(['python3', '-c', program.join('\n')], { memory: 400 * MiB });
    expect(ended).toMatchObject({ exitCode: 0 });
  });
});
