import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The version of what a layer holds and of how it is made; another one makes other keys. */
export const layerFormat = 2;

const digests = z.record(z.string(), z.string());

/** All that a layer is made of: what differs in one of these makes another layer. */
export const layerInputs = z.object({
  format: z.int(),
  /** The kind of machine. */
  provider: z.string(),
  /** The build of the tree that it lies over. */
  base: z.string(),
  /** As the config names them, in its order. */
  packages: z.array(z.string()),
  recommends: z.boolean(),
  /** `name=version` of all that comes in, in order. */
  versions: z.array(z.string()),
  /** By name, digests of the sources with their keys. */
  sources: digests,
  /** By file name, digests of local .deb files. */
  debs: digests,
  /** In their order. */
  steps: z.array(z.object({ name: z.string(), digest: z.string() })),
});

export type LayerInputs = z.infer<typeof layerInputs>;

export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The key under which a layer of these inputs is kept. */
export const layerKey = (inputs: LayerInputs): string =>
  `layer-${digestOf(layerInputs.parse(inputs)).slice(0, 16)}`;

/** A sentence for each input that is another one here than there; none where all are the same. */
export function differences(here: LayerInputs, there: LayerInputs): readonly string[] {
  const plain = (what: string, ours: unknown, theirs: unknown) =>
    JSON.stringify(ours) === JSON.stringify(theirs)
      ? []
      : [`${what}: ${words(ours)}, there ${words(theirs)}`];
  return [
    ...plain("version of shakedown's layers", here.format, there.format),
    ...plain('kind of machine', here.provider, there.provider),
    ...plain('base tree', here.base, there.base),
    ...plain('packages', here.packages, there.packages),
    ...plain('recommended packages', here.recommends, there.recommends),
    ...byName('package', versionsByName(here), versionsByName(there)),
    ...byName('apt source', here.sources, there.sources),
    ...byName('local package', here.debs, there.debs),
    ...plain('set-up steps', names(here.steps), names(there.steps)),
    ...here.steps.flatMap(({ name, digest }) =>
      there.steps.some((step) => step.name === name && step.digest !== digest)
        ? [`set-up step '${name}': it does something else there`]
        : [],
    ),
  ];
}

type ByName = Readonly<Record<string, string>>;

function byName(what: string, here: ByName, there: ByName): string[] {
  const all = [...new Set([...Object.keys(here), ...Object.keys(there)])].sort();
  return all.flatMap((name) => {
    const [ours, theirs] = [here[name], there[name]];
    if (ours === theirs) return [];
    if (ours === undefined) return [`${what} ${name}: there only`];
    if (theirs === undefined) return [`${what} ${name}: here only`];
    return [`${what} ${name}: ${short(ours)}, there ${short(theirs)}`];
  });
}

const versionsByName = ({ versions }: LayerInputs): ByName =>
  Object.fromEntries(versions.map((each) => each.split('=') as [string, string]));

const names = (steps: LayerInputs['steps']): string[] => steps.map(({ name }) => name);

const words = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(', ')) : String(value);

/** Enough of a digest to tell it from others; a version whole. */
const short = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? `digest ${text.slice(0, 12)}` : text);
