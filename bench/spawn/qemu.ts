// qemu-system by hand: an overlay over the disk of a machine that was set up before,
// with the very words that ours had.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { hostKeyPair } from '../../main/providers/host/identity.ts';
import { machineNames } from '../../main/providers/qemu/names.ts';
import { connectSsh } from '../../main/remotes/ssh-remote.ts';
import type { Bare } from './bare.ts';
import { bash, buildTree, keysFrom, untilSsh } from './by-hand.ts';
import { answers, ctx, oneMachine, type Target } from './ours.ts';

/** systemd-networkd asks QEMU for an address. */
const withNetwork = [
  `printf '[Match]\\nName=e*\\n[Network]\\nDHCP=yes\\n' > "$1/etc/systemd/network/bench.network"`,
  'systemctl --quiet --root="$1" enable systemd-networkd',
].join('; ');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function bareQemu(publicKey: string): Promise<Bare> {
  const model = await oneMachine('qemu', { start: 'cold', network: 'user' });
  const { ssh } = model.machine;
  const home = mkdtempSync('/var/tmp/bare-qemu-');
  const from = machineNames(model.cluster.id, 0).directory;
  const port = await freePort();
  let words: string;
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
    await model[Symbol.asyncDispose]();
  }
  const start = words
    .replaceAll(from, home)
    .replace(/hostfwd=tcp:127\.0\.0\.1:\d+-/, `hostfwd=tcp:127.0.0.1:${port}-`);
  writeFileSync(join(home, 'start'), start);
  const disk = join(home, 'disk.qcow2');
  const target = { ...ssh, port };
  const overlay = `rm -f ${disk}; qemu-img create -q -f qcow2 -F qcow2 -b ${home}/base.qcow2 ${disk}\n`;
  /** Starts QEMU with these words until it answers. */
  const runByHand = (command: string, to: Target) => `
(cd ${home}; exec ${command}) </dev/null >/dev/null 2>&1 & qemu=$!
trap 'kill -9 $qemu' EXIT
${untilSsh(to, home)}`;
  return {
    spawn: async () => {
      bash(overlay);
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
    byHand: () => bash(overlay + runByHand('bash start', target)),
    built: async () => {
      const { hostKey, publicHostKey } = hostKeyPair();
      writeFileSync(join(home, 'host_key'), hostKey);
      writeFileSync(join(home, 'authorized_keys'), `${publicKey}\n`);
      const build = await buildTree(['linux-image-cloud-amd64'], [keysFrom(home), withNetwork]);
      const command = `qemu-system-x86_64 -accel tcg,thread=multi -m 512M -display none -serial null \\
  -kernel "$tree/vmlinuz" -initrd "$tree/initrd.img" -append 'root=/dev/vda console=ttyS0 quiet' \\
  -drive if=virtio,file=${home}/built.qcow2 -nic user,model=virtio,hostfwd=tcp:127.0.0.1:${port}-:22`;
      return () =>
        bash(`tree=${home}/tree\n${build}
mke2fs -q -t ext4 -d "$tree" ${home}/built.raw 1500M
qemu-img convert -f raw -O qcow2 ${home}/built.raw ${home}/built.qcow2
${runByHand(command, { ...target, hostKey: publicHostKey })}
rm -rf "$tree" ${home}/built.*`);
    },
    end: async () => rmSync(home, { recursive: true, force: true }),
  };
}
