// What a command on a node costs over a connection that is open, beside OpenSSH's own over its (ssh_config(5),
// ControlMaster): `node bench/commands.mjs [commands]`, as root. Prints medians in ms, and the ratio.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { providerNamed } from '../main/providers/registry.ts';
import { connectSsh } from '../main/remotes/ssh-remote.ts';
import { makeMachines, newClusterId } from '../main/run/machines/make-machines.ts';
import { openSsh } from './spawn/by-hand.mjs';
import { ctx } from './spawn/ours.mjs';

const commands = Number(process.argv[2] ?? 30);
const directory = mkdtempSync(join(tmpdir(), 'bench-commands-'));
const provider = await providerNamed('nspawn');
const wanted = { machines: [{ id: 0, name: 'n0' }], options: { count: 1 }, login: {} };
const cluster = await makeMachines(newClusterId(), wanted, provider, { shares: [], rebuild: false }, ctx);
const times = { ours: [], openssh: [] };

async function timed(list, action) {
  const from = performance.now();
  await action();
  list.push(performance.now() - from);
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

try {
  const [{ ssh }] = cluster.machines;
  await using remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 120 });
  const [program, ...words] = openSsh(ssh, directory);
  const shared = ['-S', join(directory, 'socket')];
  await execa(program, [...shared, '-M', '-f', '-N', ...words]);
  // In turns, so that a busy moment of the machine falls on both.
  for (let round = 0; round < commands; round++) {
    await timed(times.ours, () => remote.exec('true'));
    await timed(times.openssh, () => execa(program, [...shared, ...words, 'true']));
  }
  await execa(program, [...shared, '-O', 'exit', ...words]);
  const [ours, openssh] = [median(times.ours), median(times.openssh)];
  const ratio = (ours / openssh).toFixed(2);
  console.log(
    `median of ${commands}: ours ${ours.toFixed(1)} ms, OpenSSH ${openssh.toFixed(1)} ms; ours/OpenSSH ${ratio}`,
  );
} finally {
  await provider.destroy(cluster, ctx);
  rmSync(directory, { recursive: true });
}
