import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { kernelUnits, readUnits } from '../../../node-agent/proc/kernel-units.ts';
import { listeningSockets } from '../../../node-agent/proc/listening-sockets.ts';
import { lastProcessId, parseStat } from '../../../node-agent/proc/process-stat.ts';
import { inTree, processTree } from '../../../node-agent/proc/process-tree.ts';

describe('the processes of a node', () => {
  test('are told as ps tells them', async () => {
    const child = spawn('sh', ['-c', 'sleep 1000; :', 'a\tb \u001b[31mred'], { detached: true });
    onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'));
    // Who tests politely has processes that are nice.
    const startedByIt = new RegExp(`^\\S+ +\\d+ +${child.pid} SN? `, 'm');
    await expect.poll(() => startedByIt.test(processTree())).toBe(true);
    const ps = execFileSync('ps', ['axwwf', '-o', 'user:20,pid,ppid,stat,lstart,args'], { encoding: 'utf8' });
    const ours = processTree();
    expect(ours.split('\n')[0]).toMatch(/^USER +PID +PPID STAT +STARTED +RSS COMMAND$/);
    const fields = (text: string, pid: number | undefined) =>
      text
        .split('\n')
        .map((line) => line.trim().split(/ +/))
        .find((words) => words[1] === String(pid));
    const [mine, theirs] = [fields(ours, child.pid), fields(ps, child.pid)];
    expect(mine?.slice(0, 4)).toEqual(theirs?.slice(0, 4));
    expect(Date.parse(mine?.slice(4, 9).join(' ') ?? '')).toBeCloseTo(
      Date.parse(theirs?.slice(4, 9).join(' ') ?? ''),
      -4,
    );
    expect(mine?.slice(10).join(' ')).toContain('\\_ sh -c sleep 1000; : a b red');
    const below = ours.split('\n').find((line) => startedByIt.test(line));
    expect(below).toMatch(/ {3,}\\_ sleep 1000$/);
  });

  test('are counted in what the kernel of this node counts in', () => {
    const configured = (name: string) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
    expect(kernelUnits()).toEqual({ page: configured('PAGESIZE'), ticks: configured('CLK_TCK') });
    const told = Buffer.from(BigUint64Array.of(16n, 0xffn, 6n, 65_536n, 17n, 250n, 0n, 0n).buffer);
    expect(readUnits(told)).toEqual({ page: 65_536, ticks: 250 });
  });

  test('stand below those that started them, however odd their names, and where that one is not seen', () => {
    const stat = (pid: number, parent: number) =>
      parseStat(`${pid} (a) b (c) S ${parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0 5`);
    expect(stat(7, 1)).toMatchObject({ name: 'a) b (c', parent: 1, startTicks: 77, residentPages: 5 });
    const drawn = inTree([stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1), stat(9, 8)]);
    expect(drawn.map(({ stat: { pid }, branch }) => `${pid}${branch}`)).toEqual([
      '1',
      '2 \\_ ',
      '3 |   \\_ ',
      '4 \\_ ',
      '9',
    ]);
  });
});

test('the sockets that listen are told with whose they are', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
  onTestFinished(() => void [server.close(), udp.close()]);
  const lines = (await listeningSockets()).split('\n');
  const ofPort = (port: number) => lines.find((line) => line.includes(` 127.0.0.1:${port} `));
  const { port } = server.address() as { port: number };
  expect(ofPort(port)).toMatch(
    new RegExp(
      `^tcp +LISTEN +0 +127\\.0\\.0\\.1:${port} +0\\.0\\.0\\.0:\\* users:\\(\\(.*,pid=${process.pid},fd=\\d+`,
    ),
  );
  expect(ofPort(udp.address().port)).toMatch(/^udp +UNCONN .*pid=/);
});

test('what begins later has a higher id, and the last one that was given is known', () => {
  const [one, other] = [spawnSync('true').pid, spawnSync('true').pid];
  // Ids begin anew once in a long while.
  if (one < other) expect(lastProcessId() >= other || lastProcessId() < one).toBe(true);
  expect(lastProcessId()).toBeGreaterThan(0);
});
