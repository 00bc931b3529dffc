import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { cloudImage } from '../../../../../main/providers/qemu/images/cloud-image.ts';

const directory = mkdtempSync(join(tmpdir(), 'shakedown-image-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const ctx = { signal: new AbortController().signal, cacheDir: directory, emit: () => undefined };

function file(name: string, content: Buffer | string, size?: number): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  if (size !== undefined) truncateSync(path, size);
  return path;
}

describe('an image of somebody else’s', () => {
  test('may be qcow2, or whatever else qemu-img reads', async () => {
    for (const format of ['qcow2', 'vmdk']) {
      const image = join(directory, `disk.${format}`);
      await execa('qemu-img', ['create', '-q', '-f', format, image, '20M']);
      expect(await cloudImage(image, ctx)).toEqual({ file: image, format, size: 20 * 1024 ** 2 });
    }
  });

  test('may be raw, if a BIOS would boot it', async () => {
    const sector = Buffer.alloc(512);
    sector.set([0x55, 0xaa], 510);
    const image = file('disk.raw', sector, 4 * 1024 ** 2);
    expect(await cloudImage(image, ctx)).toEqual({ file: image, format: 'raw', size: 4 * 1024 ** 2 });
  });

  test.each([
    ['a text', file('notes.txt', 'no image\n'.repeat(200))],
    ['a packed one', file('disk.qcow2.xz', Buffer.from('fd377a585a000004', 'hex'), 5000)],
    ['an empty file', file('empty.img', '')],
  ])('%s is none', async (_, image) => {
    await expect(cloudImage(image, ctx)).rejects.toThrow(`${image} is no disk image`);
  });

  test('may be named from the current folder', async () => {
    const image = join(directory, 'disk.qcow2');
    expect(await cloudImage(relative('.', image), ctx)).toMatchObject({ file: image });
  });

  test('that was cut short is refused in qemu-img’s words', async () => {
    const image = file('short.qcow2', Buffer.from('514649fb00000003', 'hex'), 60);
    await expect(cloudImage(image, ctx)).rejects.toThrow(/short\.qcow2 (cannot be read|is no disk image)/);
  });

  test('whose download fails leaves nothing in the cache', async () => {
    await expect(cloudImage('http://127.0.0.1:9/debian.qcow2', ctx)).rejects.toThrow(
      'could not be downloaded',
    );
    expect(readdirSync(join(directory, 'qemu/downloads'))).toEqual([]);
  });

  test.each([join(directory, 'debian-12'), directory])('%s is not there', async (image) => {
    await expect(cloudImage(image, ctx)).rejects.toMatchObject({
      message: `There is no image ${image}.`,
      hint: expect.stringContaining("correct 'image'"),
    });
  });
});
