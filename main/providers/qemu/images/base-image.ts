import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FailureDetails } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { ensureBaseTree } from '../../debian/base-tree.ts';
import { releaseNamed } from '../../debian/releases.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import type { MachineSettings } from '../../machine-options.ts';
import { buildImageScript, imageRecipe } from './build-image-script.ts';

/**
 * What a machine of ours boots from. All paths are absolute, and stay as
 * they are while machines lie over them.
 */
export interface BaseImage {
  /** The folder of this build. */
  readonly directory: string;
  readonly kernel: string;
  readonly initrd: string;
  /** A busybox that needs no library: it packs the machines' own part of the initrd. */
  readonly busybox: string;
  /** `bookworm`. */
  readonly os: string;
}

type Building = Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>;

/** The folder of all images. */
const imagesFolder = (cacheDir: string): string => join(cacheDir, 'qemu', 'images');

/**
 * The image for an operating system and its packages: the Debian tree of all kinds of machine, with a
 * kernel. Built once, some ten seconds after the tree, or anew with `rebuild`; machines that lie over
 * an older build keep it. Throws ShakedownError.
 */
export async function ensureBaseImage(
  settings: Pick<MachineSettings, 'os' | 'packages' | 'mirror'>,
  rebuild: boolean,
  ctx: Building,
): Promise<BaseImage> {
  const { os } = settings;
  const { distribution } = releaseNamed(os);
  const tree = await ensureBaseTree(settings, rebuild, ctx, runAsOwnRoot);
  const recipe = createHash('sha256').update(JSON.stringify(imageRecipe)).digest('hex').slice(0, 8);
  const image = join(imagesFolder(ctx.cacheDir), `${basename(tree)}-${recipe}`);
  if (!existsSync(join(image, 'root.raw')) || rebuild) {
    const note = (message: string) => ctx.emit({ type: 'note', phase: 'machines', message });
    note(`building the ${os} image for virtual machines (once, about ten seconds)`);
    await mkdir(join(ctx.cacheDir, 'qemu'), { recursive: true });
    await runAsOwnRoot(buildImageScript({ tree, distribution, image, rebuild, env: process.env }), {
      signal: ctx.signal,
      failure: { message: `could not build the ${os} image for virtual machines`, phase: 'machines' },
      explain: (stderr) => explainImage(stderr, os, ctx.cacheDir),
    });
  }
  const directory = await realpath(image);
  const within = (name: string) => join(directory, name);
  return {
    directory,
    os,
    kernel: within('vmlinuz'),
    initrd: within('initrd.gz'),
    busybox: within('busybox'),
  };
}

/**
 * The image's disk with room for `room` bytes more, as qcow2: made once for
 * each size, in a second. Gives its path.
 */
export async function ensureDisk(image: BaseImage, room: number, ctx: Building): Promise<string> {
  const disk = join(image.directory, `disk-${room}.qcow2`);
  if (existsSync(disk)) return disk;
  const root = join(image.directory, 'root.raw');
  const values = { disk, root, bytes: Math.ceil(room / 4096) * 4096 };
  await runAsOwnRoot(shellFile(import.meta.dirname, 'make-disk.sh', values), {
    signal: ctx.signal,
    failure: { message: `could not make a disk of the ${image.os} image`, phase: 'machines' },
    explain: (stderr) => explainImage(stderr, image.os, ctx.cacheDir),
  });
  return disk;
}

/** What the words of apt and mke2fs mean here, and what to do about it. */
export function explainImage(stderr: string, os: string, cacheDir: string): Partial<FailureDetails> {
  if (/No space left on device|Could not allocate block/.test(stderr)) {
    return {
      message: `there is no space for the ${os} image in ${cacheDir}`,
      hint: 'make room for two gigabytes there, or set SHAKEDOWN_CACHE to a folder on another disk',
    };
  }
  const [, missing] =
    /E: Unable to locate package (\S+)/.exec(stderr) ?? /Package '(\S+)' has no/.exec(stderr) ?? [];
  if (missing !== undefined) {
    return {
      message: `there is no package '${missing}' in ${os}, and no virtual machine without it`,
      hint: "use another 'os' (bookworm, trixie, sid) or 'mirror', or name an 'image'",
    };
  }
  if (/zstd: (command )?not found/.test(stderr)) {
    return {
      message: `the kernel's modules of ${os} cannot be unpacked: zstd is missing on this main host`,
      hint: 'apt-get install zstd',
    };
  }
  return { hint: "'shakedown doctor' says what this machine lacks" };
}
