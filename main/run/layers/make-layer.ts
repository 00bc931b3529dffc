import { asShakedownError } from '../../../common/errors.ts';
import { compare, judge, pathsOf } from '../../layers/identity/judge.ts';
import { Sightings } from '../../layers/identity/sightings.ts';
import { inWords } from '../../layers/installation.ts';
import type { Layer } from '../../layers/layer.ts';
import { readRecord, writeRecord } from '../../layers/record.ts';
import { takeTurn } from '../../layers/turn.ts';
import { noteUnshared, whyUnshared } from '../../layers/unshared.ts';
import { type Built, buildOn, type LayerMaking } from './builder.ts';
import type { WantedLayer } from './plan-layers.ts';

/** The layer as it is kept; undefined where it is not, or where it is one of another version. */
export async function keptLayer(
  { key, installation }: WantedLayer,
  { provider, open }: Pick<LayerMaking, 'provider' | 'open'>,
): Promise<Layer | undefined> {
  const record = readRecord(await provider.findLayer(key, open.work));
  return record && { key, record, installation };
}

/**
 * Makes a layer, or waits for another run that does; with `fresh` it is made in place of one that is there.
 * Gives undefined, and tells why, where the installation is not one to share. Throws what went wrong with it.
 */
export async function makeLayer(
  wanted: WantedLayer,
  fresh: boolean,
  making: LayerMaking,
): Promise<Layer | undefined> {
  const { emit, cacheDir, signal } = making.open.work;
  const note = (message: string) => emit({ type: 'note', message, phase: 'install' });
  const { key, installation, machines } = wanted;
  const waits = (pid: number) => note(`waits for process ${pid}, which makes the same layer`);
  using _ = await takeTurn(cacheDir, key, waits, signal);
  if (!fresh) {
    const kept = await keptLayer(wanted, making);
    if (kept) return kept;
    const why = await whyUnshared(cacheDir, key);
    if (why !== undefined) {
      note(`no layer for ${inWords(installation)}: ${why}; it is installed on each node`);
      return undefined;
    }
  }
  const nodes = machines.length === 1 ? 'node' : `${machines.length} nodes`;
  note(`installing ${inWords(installation)} once, as a layer that the ${nodes} and later runs start from`);
  await using built = await buildOn(wanted, making);
  const other = otherVersions(wanted, built);
  if (other !== undefined) {
    note(`no layer: ${other}`);
    return undefined;
  }
  const own = await whatIsItsOwn(wanted, built, making, note);
  if (typeof own === 'string') {
    await noteUnshared(cacheDir, key, own);
    note(`no layer for ${inWords(installation)}: ${own}; it is installed on each node`);
    return undefined;
  }
  const { result, tookMs, which } = built;
  const { installed, heldBack } = result;
  const record = {
    ...{ inputs: wanted.inputs, madeAt: making.open.work.clock(), tookMs },
    ...{ installed: [...installed], heldBack: [...heldBack], renewed: [...own.renewed] },
  };
  const description = `${inWords(installation)} over ${wanted.inputs.base.replace(/-.*/, '')}`;
  const layer = { key, about: writeRecord(record), description, without: own.renewed };
  await making.provider.saveLayer(which, layer, making.open.work);
  await noteUnshared(cacheDir, key, undefined);
  return { key, record, installation };
}

/** The mirror may have changed in the meantime. */
function otherVersions({ inputs }: WantedLayer, { result }: Built): string | undefined {
  const came = result.installed.map(({ name, version }) => `${name.replace(/:.*/, '')}=${version}`);
  const missing = inputs.versions.filter((each) => !came.includes(each.replace(/:[^=]*=/, '=')));
  return missing.length === 0
    ? undefined
    : `the mirror has changed meanwhile, and apt took other versions than ${missing.join(', ')}`;
}

/**
 * Finds out what of an installation is a machine's own: where nobody knows, by a second one to compare with.
 * Gives a sentence where it is not to be shared.
 */
async function whatIsItsOwn(
  wanted: WantedLayer,
  { survey, result }: Built,
  making: LayerMaking,
  note: (message: string) => void,
): Promise<string | { readonly renewed: readonly string[] }> {
  const set = result.installed.map(({ name }) => name).sort();
  const seen = Sightings.load(making.open.work.cacheDir, set);
  const first = judge(survey, seen);
  if (first.kind === 'own') return first.why;
  if (first.kind === 'shared') return first;
  note(`installing it once more to compare: no package has ${pathsOf(first.strays)}`);
  let other: Built;
  try {
    other = await buildOn(wanted, making);
  } catch (error) {
    making.open.work.signal.throwIfAborted();
    const { message, verdict } = asShakedownError(error);
    // That of a mirror or of this main host says nothing about the packages.
    if (verdict !== 'fail') throw error;
    return `a second installation of it failed: ${message}`;
  }
  await using second = other;
  seen.add(compare(survey, second.survey));
  const then = judge(survey, seen);
  if (then.kind === 'shared') return then;
  return then.kind === 'own' ? then.why : 'it could not be compared';
}
