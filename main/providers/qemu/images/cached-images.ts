import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import type { CachedImage } from '../../capabilities.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import { readLayer } from '../layers/layers.ts';
import { stateRoot } from '../names.ts';

/**
 * The folders of the cache that have one folder for each image, and what an image in them is, in words: what
 * lies over others comes before them, so that all can be removed in that order.
 */
const kinds: Readonly<Record<string, (name: string, cacheDir: string) => string | Promise<string>>> = {
  templates: (name) => `${os(name)}, a running machine to clone from`,
  layers: async (name, cacheDir) =>
    (await readLayer(name, cacheDir))?.description ?? 'a layer that is damaged',
  images: (name) => `${os(name)}, for virtual machines to boot from`,
  shares: () => 'what virtual machines see of this host',
  downloads: (name) => `downloaded: ${name.replace(/^[0-9a-f]+-/, '')}`,
};

const os = (name: string): string => name.replace(/-.*$/, '');

/** All that is kept for later machines; an image's id is its path below the cache's folder `qemu`. */
export async function cachedImages(cacheDir: string): Promise<readonly CachedImage[]> {
  const used = await usedFolders();
  const found: CachedImage[] = [];
  for (const [kind, describe] of Object.entries(kinds)) {
    const folder = join(cacheDir, 'qemu', kind);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((each) => each.isDirectory() && !each.name.includes('.part'))) {
      const directory = join(folder, entry.name);
      found.push({
        id: `${kind}/${entry.name}`,
        description: await describe(entry.name, cacheDir),
        bytes: await bytesIn(directory),
        lastUsed: (await stat(directory)).mtimeMs,
        inUse: used.has(directory),
      });
    }
  }
  return found;
}

/**
 * Removes an image, with the layers and templates that lie over it. Throws ShakedownError for one
 * that machines lie over, or that is not there.
 */
export async function removeCachedImage(
  id: string,
  ctx: Pick<RunContext, 'signal' | 'cacheDir'>,
): Promise<void> {
  const images = await cachedImages(ctx.cacheDir);
  const image = images.find((each) => each.id === id);
  if (!image) throw new ShakedownError({ message: `there is no image '${id}' of virtual machines` });
  const directory = join(ctx.cacheDir, 'qemu', id);
  const over = await allOver(directory, images, ctx.cacheDir);
  if ([image, ...over].some(({ inUse }) => inUse)) {
    throw new ShakedownError({
      message: `the image '${id}' is in use: virtual machines lie over it`,
      hint: 'destroy them first: shakedown down, or shakedown reap',
    });
  }
  const paths = [...over.map((other) => join(ctx.cacheDir, 'qemu', other.id)), directory];
  // The link of a name points to the newest build only.
  const names = paths.map((path) => path.replace(/\.\d+\.\d+$/, ''));
  const script = shellFile(import.meta.dirname, 'remove-image.sh', { names }, paths);
  const failure = { message: `could not remove the image '${id}'` };
  await runAsOwnRoot(script, { signal: ctx.signal, failure });
}

/** Layers and templates over it, and what lies over these. */
async function allOver(
  directory: string,
  images: readonly CachedImage[],
  cacheDir: string,
): Promise<readonly CachedImage[]> {
  const over: CachedImage[] = [];
  for (const image of images.filter(({ id }) => /^(templates|layers)\//.test(id))) {
    const about = await readFile(join(cacheDir, 'qemu', image.id, 'about.json'), 'utf8').catch(() => '');
    if (about.includes(JSON.stringify(`${directory}/`).slice(1, -1)))
      over.push(image, ...(await allOver(join(cacheDir, 'qemu', image.id), images, cacheDir)));
  }
  return over;
}

/** What the clusters of this main host lie over. */
async function usedFolders(): Promise<ReadonlySet<string>> {
  const clusters = await readdir(stateRoot()).catch(() => []);
  const links = clusters.map(async (cluster) => {
    const names = await readdir(join(stateRoot(), cluster)).catch(() => []);
    const images = names.filter((name) => name.startsWith('image-'));
    return Promise.all(images.map((name) => readlink(join(stateRoot(), cluster, name)).catch(() => '')));
  });
  return new Set((await Promise.all(links)).flat());
}

/** What it takes on the disk; sparse files take less than their length. */
async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const stats = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => undefined)));
  return stats.reduce((sum, entry) => sum + (entry?.blocks ?? 0) * 512, 0);
}
