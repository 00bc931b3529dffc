import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runScript } from '../../../../../main/providers/host/root-script.ts';
import { shellFile } from '../../../../../main/providers/host/shell-file.ts';
import { removeCachedImage } from '../../../../../main/providers/qemu/images/cached-images.ts';
import { findLayer } from '../../../../../main/providers/qemu/layers/layers.ts';

const scripts = join(import.meta.dirname, '../../../../../main/providers/qemu/layers');
const key = 'layer-0123456789abcdef';

/** A cache with an image's disk, a template over it, and a machine over that which wrote something. */
async function machine() {
  const cacheDir = mkdtempSync(join(tmpdir(), 'disk-'));
  const folder = (...names: string[]) => {
    const path = join(cacheDir, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const base = join(folder('qemu/images/bookworm-1.1.1'), 'disk.qcow2');
  const template = join(folder('qemu/templates/bookworm-2'), 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', base, '8M']);
  const over = async (backing: string, disk: string, at: string, text: string) => {
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', backing, disk]);
    await execa('qemu-io', ['-f', 'qcow2', '-c', `write -P ${text} ${at} 64k`, disk]);
  };
  await over(base, template, '0', '0x61');
  const disk = join(cacheDir, 'disk.qcow2');
  const write = () => over(template, disk, '1M', '0x62');
  await write();
  return { cacheDir, base, disk, write, state: folder('state'), layers: join(cacheDir, 'qemu/layers') };
}

type Machine = Awaited<ReturnType<typeof machine>>;

const scriptFor = ({ cacheDir, base, disk, state, layers }: Machine): string =>
  shellFile(scripts, 'keep-disk.sh', {
    ...{ disk, base, layers, key, keep_days: 14, state_root: state },
    about: JSON.stringify({ over: base, about: '{"a":1}', description: 'etcd' }),
    templates: join(cacheDir, 'qemu/templates'),
  });

const failure = { message: 'the script failed' };
const keep = (of: Machine) => runScript([], scriptFor(of), { failure });

test('a layer is the machine’s disk, and needs nothing but the image that all lie over', async () => {
  const made = await machine();
  await keep(made);
  expect(existsSync(made.disk)).toBe(false);
  expect(await findLayer(key, made.cacheDir)).toBe('{"a":1}');
  const kept = join(made.layers, key, 'disk.qcow2');
  const chain = await execa('qemu-img', ['info', '--output=json', '--backing-chain', kept]);
  expect(JSON.parse(chain.stdout).map(({ filename }: { filename: string }) => filename)).toEqual([
    kept,
    made.base,
  ]);
  for (const [pattern, at] of [
    ['0x61', '0'],
    ['0x62', '1M'],
  ])
    await execa('qemu-io', ['-f', 'qcow2', '-r', '-c', `read -P ${pattern} ${at} 64k`, kept]);
  // With the image goes what lies over it.
  const ctx = { signal: new AbortController().signal, cacheDir: made.cacheDir };
  await removeCachedImage('images/bookworm-1.1.1', ctx);
  expect(readdirSync(made.layers)).toEqual([]);
});

test('takes the place of an earlier one, which stays for as long as machines lie over it', async () => {
  const made = await machine();
  await keep(made);
  const [first = ''] = readdirSync(made.layers).filter((name) => /\.\d+\.\d+$/.test(name));
  mkdirSync(join(made.state, 'abc123'));
  symlinkSync(join(made.layers, first), join(made.state, 'abc123/image-0'));
  await made.write();
  await keep(made);
  expect(readdirSync(made.layers)).toHaveLength(3);
  expect(readdirSync(made.layers)).toContain(first);
  // Nobody lies over the second one when the third is made.
  await made.write();
  await keep(made);
  expect(readdirSync(made.layers)).toHaveLength(3);
  expect(readdirSync(made.layers)).toContain(first);
});

test('is not there at all where the disk is full', async () => {
  const made = await machine();
  mkdirSync(made.layers);
  const filled = [
    `mount -t tmpfs -o size=64k tmpfs ${made.layers}`,
    `mkdir ${made.layers}/${key}.part-1`,
    `trap 'echo left: $(ls ${made.layers}) >&2' EXIT`,
    scriptFor(made),
  ].join('\n');
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const failed = runScript([...root, 'unshare', '--mount'], filled, {
    failure,
    explain: (stderr) => ({ message: stderr }),
  });
  await expect(failed).rejects.toThrow(/No space left on device(.|\n)*left:$/m);
});
