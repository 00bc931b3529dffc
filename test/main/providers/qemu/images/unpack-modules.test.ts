import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { shellFile } from '../../../../../main/providers/host/shell-file.ts';

test('modules reach the initrd unpacked and in order, however a kernel packs them', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'shakedown-modules-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const folder of ['lib', 'initrd/modules']) mkdirSync(join(cwd, folder), { recursive: true });
  // bookworm's are plain, trixie's are .xz.
  writeFileSync(join(cwd, 'lib/virtio.ko'), 'plain');
  writeFileSync(join(cwd, 'lib/virtio_net.ko.gz'), gzipSync('gz'));
  writeFileSync(join(cwd, 'lib/virtio_blk.ko'), 'xz');
  await execa('xz', ['lib/virtio_blk.ko'], { cwd });
  const input = `insmod /lib/virtio.ko \nbuiltin virtio_pci\ninsmod /lib/virtio_blk.ko.xz \ninsmod /lib/virtio.ko \ninsmod /lib/virtio_net.ko.gz napi=1\n`;
  const folder = join(import.meta.dirname, '../../../../../main/providers/qemu/images');
  const functions = shellFile(folder, 'unpack-modules.sh');
  await execa('bash', ['-euc', `${functions}\nunpack_modules initrd`], { cwd, input });
  const modules = join(cwd, 'initrd/modules');
  expect(readdirSync(modules).sort()).toEqual(['order', 'virtio.ko', 'virtio_blk.ko', 'virtio_net.ko']);
  const read = (name: string) => readFileSync(join(modules, name), 'utf8');
  expect(read('order')).toBe('virtio.ko\nvirtio_blk.ko\nvirtio_net.ko\n');
  expect([read('virtio.ko'), read('virtio_blk.ko'), read('virtio_net.ko')]).toEqual(['plain', 'xz', 'gz']);
});
