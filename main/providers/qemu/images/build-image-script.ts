import { proxyValues } from '../../debian/build-tree-script.ts';
import type { Release } from '../../debian/releases.ts';
import { shellFile } from '../../host/shell-file.ts';
import { initProgram, portProgram } from '../guest/guest-files.ts';
import { discardValues } from './discard-values.ts';

const here = import.meta.dirname;

/** The kernel for virtual machines, which has virtio, and what loads its other modules. */
const kernelPackages: Readonly<Record<Release['distribution'], string>> = {
  debian: 'linux-image-cloud-amd64 udev',
  ubuntu: 'linux-image-virtual udev',
};

/** The part of the work that is done in namespaces. */
const fillImage = shellFile(here, 'fill-image.sh');

/** All that makes one image differ from another over the same tree; a change of it makes new images. */
export const imageRecipe: unknown = {
  version: 4,
  kernelPackages: kernelPackages.debian,
  fillImage,
  initProgram,
  portProgram,
};

export interface ImageBuild {
  /** The link to the Debian tree that the image is made of. */
  readonly tree: string;
  readonly distribution: Release['distribution'];
  /** The link to make, to a folder with `vmlinuz`, `initrd.gz`, `root.raw` and `busybox`. */
  readonly image: string;
  readonly rebuild: boolean;
  /** For apt's proxy; sudo does not pass it on. */
  readonly env: NodeJS.ProcessEnv;
}

/** The script that makes an image. */
export const buildImageScript = ({ tree, distribution, image, rebuild, env }: ImageBuild): string =>
  shellFile(here, 'build-image.sh', {
    ...proxyValues(env),
    ...discardValues(),
    tree,
    image,
    kernel_packages: kernelPackages[distribution],
    fill_image: fillImage,
    init: initProgram,
    port: portProgram,
    rebuild,
  });
