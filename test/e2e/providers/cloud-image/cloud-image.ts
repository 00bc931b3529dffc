import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory } from '../../../../main/context/cache-directory.mjs';
import { startAptProxy } from '../../../../main/packages/apt-proxy.ts';
import { hostMirror } from '../../../../main/providers/debian/apt-mirror.ts';

const script = join(import.meta.dirname, 'build-cloud-image.sh');

/**
 * A cloud image of Debian bookworm (qcow2), such as Debian publishes: its own boot loader, kernel, initrd and
 * cloud-init. Built of packages in about 40 s and kept below the cache folder.
 */
export async function debianCloudImage(): Promise<string> {
  const { main: mirror } = await hostMirror();
  const recipe = createHash('sha256').update(`${await readFile(script, 'utf8')} ${mirror}`);
  const cacheDir = cacheDirectory(process.env);
  const folder = join(cacheDir, 'cloud-image');
  const image = join(folder, `bookworm-${recipe.digest('hex').slice(0, 16)}.qcow2`);
  if (existsSync(image)) return image;
  await mkdir(folder, { recursive: true });
  const options = { host: '127.0.0.1', cacheDir, log: () => undefined, refuses: () => false };
  await using proxy = await startAptProxy(options);
  await execa(script, [image, mirror, proxy.url]);
  return image;
}

/**
 * Writes a copy of that image, raw, in which cloud-init is switched off (its
 * manual, "How to disable cloud-init").
 */
export async function withoutCloudInit(image: string, copy: string): Promise<string> {
  await execa('qemu-img', ['convert', '-O', 'raw', image, copy]);
  const write = 'write /dev/null /etc/cloud/cloud-init.disabled';
  await execa('debugfs', ['-w', '-R', write, `${copy}?offset=${rootOffset}`]);
  return copy;
}

/** Bytes before the root file system, as the script has it. */
const rootOffset = 6144 * 512;
