import { ShakedownError } from '../../../../common/errors.ts';
import type { CachedImage } from '../../capabilities.ts';
import { type Engine, runEngine } from '../engines/engine.ts';
import { clusterLabel, imageRepository, layerLabel, treeLabel } from '../names.ts';
import { lastUse } from './image.ts';
import { readText } from './layers.ts';

/**
 * What engines tell of an image; only these fields are looked at (Docker Engine API `/images/{name}/json`).
 */
interface Inspected {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Size: number;
  readonly Created: string;
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } | null;
}

/**
 * The images that we made of base trees, and layers over them, in one engine. Their id is
 * `podman/bookworm-0123…`. One is in use also when containers are made of a layer over it.
 */
export async function cachedImages(engine: Engine, signal: AbortSignal): Promise<readonly CachedImage[]> {
  const failure = { message: `could not list the images of ${engine.kind}` };
  const run = (args: readonly string[]) => runEngine(engine, args, { signal, failure });
  const ids = words(await run(['images', '-q', '--no-trunc', '--filter', `label=${treeLabel}`]));
  if (ids.length === 0) return [];
  const inspected: readonly Inspected[] = JSON.parse(await run(['image', 'inspect', ...new Set(ids)]));
  const used = words(await run(['ps', '-a', '--filter', `label=${clusterLabel}`, '--format', '{{.Image}}']));
  const isUsed = ({ Id, RepoTags }: Inspected) =>
    used.some((image) => Id.includes(image) || RepoTags?.includes(image));
  const usedBuilds = inspected.filter(isUsed).map(buildOf);
  const images = inspected.flatMap((image) => {
    const { RepoTags, Size, Created, Config } = image;
    const what = readText(Config?.Labels?.[layerLabel])?.description;
    const inUse = isUsed(image) || (what === undefined && usedBuilds.includes(buildOf(image)));
    return (RepoTags ?? [])
      .filter((name) => name.startsWith(`${imageRepository}:`))
      .map(async (name) => {
        const tag = name.slice(imageRepository.length + 1);
        return {
          id: `${engine.kind}/${tag}`,
          description: `${what ?? tag.replace(/-[0-9a-f]+$/, '')}, in ${engine.kind}`,
          bytes: Size,
          lastUsed: (await lastUse(tag)) ?? Date.parse(Created),
          inUse,
        };
      });
  });
  return Promise.all(images);
}

/** Which build of a tree it was made of. */
const buildOf = ({ Config }: Inspected): string | undefined => Config?.Labels?.[treeLabel];

/** Throws ShakedownError for an image that is not there, or in use. */
export async function removeCachedImage(
  engines: readonly Engine[],
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [, kind, tag] = /^(docker|podman)\/([\w.-]+)$/.exec(id) ?? [];
  const engine = engines.find((each) => each.kind === kind);
  const there = engine ? await cachedImages(engine, signal) : [];
  const image = there.find((each) => each.id === id);
  if (!engine || !image) {
    throw new ShakedownError({ message: `there is no image '${id}'`, hint: 'shakedown images' });
  }
  if (image.inUse) {
    throw new ShakedownError({
      message: `machines that exist now are made of image '${id}'`,
      hint: "end them first: 'shakedown down', or 'shakedown reap'",
    });
  }
  const failure = { message: `could not remove image '${id}'` };
  await runEngine(engine, ['image', 'rm', `${imageRepository}:${tag}`], { signal, failure });
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);
