// A big file to a node and back, as `shakedown cp` copies it: by SFTP, with its digest verified on both
// sides, and through the channel, over the connection that is open; beside scp over one that is shared
// (ssh_config(5), ControlMaster): `node bench/copy.ts [MB] [rounds]`, as root. Prints medians in s.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bring, send } from '../main/cluster/operations/copy.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { median } from './measure/median.ts';
import { openSsh } from './spawn/by-hand.ts';
import { ctx, oneMachine } from './spawn/ours.ts';

const [megabytes = 256, rounds = 3] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'bench-copy-'));
const file = join(directory, 'big');
const times = new Map<string, number[]>();

async function timed(what: string, action: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await action();
  times.set(what, [...(times.get(what) ?? []), (performance.now() - from) / 1000]);
}

try {
  execFileSync('sh', ['-c', `head -c ${megabytes}M /dev/urandom > ${file}`]);
  await using one = await oneMachine('nspawn');
  const { ssh } = one.machine;
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 120 });
  const words = openSsh(ssh, directory);
  const socket = join(directory, 'socket');
  await execa('ssh', ['-S', socket, '-M', '-f', '-N', ...words]);
  const flags = words.slice(0, -1).map((word) => (word === '-p' ? '-P' : word));
  const scp = ['-q', ...flags, '-o', `ControlPath=${socket}`];
  const there = `${words.at(-1)}:/var/tmp`;
  // In turns, so that a busy moment of the machine falls on all.
  for (let round = 0; round < rounds; round++) {
    const home = (way: string) => join(directory, `${way}${round}`);
    await timed('put, SFTP', () => send(remote, file, '/var/tmp/sftp', { sftp: remote }));
    await timed('put, channel', () => send(remote, file, '/var/tmp/channel', {}));
    await timed('put, scp', () => execa('scp', [...scp, file, `${there}/scp`]));
    await timed('get, SFTP', () => bring(remote, '/var/tmp/sftp', home('sftp'), { sftp: remote }));
    await timed('get, channel', () => bring(remote, '/var/tmp/channel', home('channel'), {}));
    await timed('get, scp', () => execa('scp', [...scp, `${there}/scp`, home('scp')]));
  }
  await execa('ssh', ['-S', socket, '-O', 'exit', ...words]);
  for (const [what, list] of times) console.log(`${what}: ${median(list).toFixed(2)} s`);
} finally {
  rmSync(directory, { recursive: true });
}
