// What a command on a node costs over a connection that is open, beside OpenSSH's own
// over its (ssh_config(5), ControlMaster): `node bench/commands.ts [commands]`, as root.
// Prints medians in ms, and the ratio.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { median } from './measure/median.ts';
import { tellRatio } from './measure/tell-ratio.ts';
import { openSsh } from './spawn/by-hand.ts';
import { ctx, oneMachine } from './spawn/ours.ts';

const commands = Number(process.argv[2] ?? 30);
const directory = mkdtempSync(join(tmpdir(), 'bench-commands-'));
const times: { ours: number[]; openssh: number[] } = { ours: [], openssh: [] };

async function timed(list: number[], action: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await action();
  list.push(performance.now() - from);
}

try {
  await using one = await oneMachine('nspawn');
  const { ssh } = one.machine;
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 120 });
  const words = openSsh(ssh, directory);
  const shared = ['-S', join(directory, 'socket')];
  await execa('ssh', [...shared, '-M', '-f', '-N', ...words]);
  // In turns, so that a busy moment of the machine falls on both.
  for (let round = 0; round < commands; round++) {
    await timed(times.ours, () => remote.exec('true'));
    await timed(times.openssh, () => execa('ssh', [...shared, ...words, 'true']));
  }
  await execa('ssh', [...shared, '-O', 'exit', ...words]);
  const [ours, openssh] = [median(times.ours), median(times.openssh)];
  tellRatio('a command on a node to OpenSSH', ours / openssh);
  const ratio = (ours / openssh).toFixed(2);
  console.log(
    `median of ${commands}: ours ${ours.toFixed(1)} ms, OpenSSH ${openssh.toFixed(1)} ms; ours/OpenSSH ${ratio}`,
  );
} finally {
  rmSync(directory, { recursive: true });
}
