import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { isUrl } from '../qemu-options.ts';

/** A disk image with a boot loader and cloud-init that somebody else built. */
export interface CloudImage {
  readonly file: string;
  /** As qemu-img names it: `qcow2`, `raw`. */
  readonly format: string;
  /** Bytes that the machine sees. */
  readonly size: number;
  /** The folder of the cache that it was downloaded to. */
  readonly cached?: string;
}

/**
 * The image that a file (relative to the current folder) or URL names; what is downloaded
 * is kept. Throws UsageError, ShakedownError.
 */
export async function cloudImage(
  image: string,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<CloudImage> {
  const cached = isUrl(image);
  const file = cached ? await download(image, ctx) : resolve(image);
  const entry = await stat(file).catch(() => undefined);
  if (!entry?.isFile()) {
    throw new UsageError(`There is no image ${file}.`, {
      hint: "correct 'image': a file, relative to the scenario's folder, or an http or https URL",
    });
  }
  const told = await execa('qemu-img', ['info', '--output=json', file], { reject: false });
  if (told.exitCode !== 0) throw new UsageError(`${file} cannot be read as a disk image: ${told.stderr}`);
  const info = JSON.parse(told.stdout) as { format: string; 'virtual-size': number };
  // What qemu-img does not know is `raw` to it, be it a text or packed.
  if (info.format === 'raw' && !(await hasBootSector(file))) {
    throw new UsageError(`${file} is no disk image: it has no boot sector.`, {
      hint: 'unpack it if it is packed (.xz, .gz, .zip)',
    });
  }
  const size = info['virtual-size'];
  return { file, format: info.format, size, ...(cached ? { cached: dirname(file) } : {}) };
}

/** The two bytes at the end of the first sector that a BIOS looks for. */
async function hasBootSector(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  return bytesRead === 512 && buffer[510] === 0x55 && buffer[511] === 0xaa;
}

async function download(url: string, ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>): Promise<string> {
  const name = basename(new URL(url).pathname) || 'image';
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const folder = join(ctx.cacheDir, 'qemu', 'downloads', `${digest}-${name}`);
  const file = join(folder, 'image');
  if (await stat(file).catch(() => undefined)) return file;
  ctx.emit({ type: 'note', phase: 'machines', message: `downloading ${url} (once)` });
  await mkdir(folder, { recursive: true });
  const part = `${file}.part-${process.pid}`;
  try {
    const response = await fetch(url, { signal: ctx.signal });
    if (!response.ok || !response.body) throw new Error(`the server says ${response.status}`);
    await pipeline(Readable.from(response.body), createWriteStream(part), { signal: ctx.signal });
    await rename(part, file);
    return file;
  } catch (error) {
    ctx.signal.throwIfAborted();
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new ShakedownError(
      {
        message: `the image ${url} could not be downloaded: ${why}`,
        phase: 'machines',
        hint: "correct 'image', or download it yourself and name the file",
      },
      { cause: error },
    );
  } finally {
    await rm(part, { force: true });
    // Empty after a failure.
    await rmdir(folder).catch(() => undefined);
  }
}
