// qemu-system by hand: an overlay over the disk of a machine that was set up before, with the very words that ours had.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeMachines, newClusterId } from '../../main/phases/machines.ts';
import { machineNames } from '../../main/providers/qemu/names.ts';
import { providerNamed } from '../../main/providers/registry.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function bareQemu({ ctx, answers }) {
  const provider = await providerNamed('qemu');
  const options = { count: 1, memory: '512M', start: 'cold', network: 'user' };
  const wanted = { machines: [{ id: 0, name: 'n0' }], options, login: {} };
  const model = await makeMachines(newClusterId(), wanted, provider, { shares: [], rebuild: false }, ctx);
  const [{ ssh }] = model.machines;
  const home = mkdtempSync('/var/tmp/bare-qemu-');
  const from = machineNames(model.id, 0).directory;
  const port = await freePort();
  let words;
  try {
    const remote = await connectSsh(ssh, { signal: ctx.signal, timeout: 120 });
    await remote.exec('sync');
    await remote[Symbol.asyncDispose]();
    words = readFileSync(join(from, 'start'), 'utf8');
    // Flat, so that it does not depend on the machine's folder.
    execFileSync('qemu-img', [
      'convert',
      '-U',
      '-O',
      'qcow2',
      join(from, 'disk.qcow2'),
      join(home, 'base.qcow2'),
    ]);
    copyFileSync(join(from, 'initrd'), join(home, 'initrd'));
  } finally {
    await provider.destroy(model, ctx);
  }
  const start = words
    .replaceAll(from, home)
    .replace(/hostfwd=tcp:127\.0\.0\.1:\d+-/, `hostfwd=tcp:127.0.0.1:${port}-`);
  writeFileSync(join(home, 'start'), start);
  const disk = join(home, 'disk.qcow2');
  const target = { ...ssh, port };
  return {
    spawn: async () => {
      rmSync(disk, { force: true });
      execFileSync('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        '-F',
        'qcow2',
        '-b',
        join(home, 'base.qcow2'),
        disk,
      ]);
      const running = spawn('bash', [join(home, 'start')], { stdio: 'ignore', cwd: home });
      const gone = once(running, 'exit');
      try {
        await Promise.race([answers(target), gone.then(() => Promise.reject(new Error('QEMU ended')))]);
      } finally {
        running.kill('SIGKILL');
        await gone;
        rmSync(disk, { force: true });
      }
    },
    end: async () => rmSync(home, { recursive: true, force: true }),
  };
}
