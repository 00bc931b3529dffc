import { UsageError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { differences, type LayerInputs } from '../../layers/inputs.ts';
import { type LayerRecord, readRecord } from '../../layers/record.ts';
import { type CachedImage, type CanKeepImages, canLayer } from '../../providers/capabilities.ts';
import type { Provider } from '../../providers/provider.ts';

type Look = Pick<RunContext, 'signal' | 'cacheDir'>;

/** An image and who keeps it. */
export interface Kept extends CachedImage {
  readonly provider: Provider & CanKeepImages;
}

/**
 * Why a layer was made though there were others: each input in which it differs from the one that is most
 * like it, the newest of those that were made before it first.
 */
export async function whyOf(image: Kept, images: readonly Kept[], ctx: Look): Promise<string> {
  const layer = await recordOf(image, ctx);
  if (!layer)
    throw new UsageError(`'${image.id}' is no layer of this version of shakedown.`, {
      hint: 'shakedown images',
    });
  const others = await Promise.all(
    images
      .filter(({ id }) => id !== image.id)
      .map(async (other) => ({ id: other.id, record: await recordOf(other, ctx) })),
  );
  const near = others
    .flatMap(({ id, record }) => (record ? [{ id, record, differ: differs(layer, record) }] : []))
    .toSorted(
      (one, other) =>
        later(one.record, layer) - later(other.record, layer) ||
        one.differ.length - other.differ.length ||
        other.record.madeAt - one.record.madeAt,
    );
  const [first] = near;
  const made = `${image.id} was made at ${time(layer)} of ${contents(layer.inputs)}.\n`;
  if (!first) return `${made}There is no other layer to compare it with.\n`;
  const lines = first.differ.map((each) => `  ${each}\n`);
  const other = `Beside ${first.id}, made at ${time(first.record)}:\n`;
  return `${made}${other}${lines.join('')}`;
}

const differs = (layer: LayerRecord, other: LayerRecord) => differences(layer.inputs, other.inputs);

const later = (one: LayerRecord, than: LayerRecord): number => (one.madeAt > than.madeAt ? 1 : 0);

async function recordOf({ provider, id }: Kept, ctx: Look): Promise<LayerRecord | undefined> {
  return canLayer(provider) ? readRecord(await provider.findLayer(id, ctx)) : undefined;
}

const time = ({ madeAt }: LayerRecord): string =>
  new Date(madeAt).toISOString().slice(0, 19).replace('T', ' ').concat(' UTC');

const contents = ({ packages, debs, steps }: LayerInputs): string =>
  [...packages, ...Object.keys(debs), ...steps.map(({ name }) => `'${name}'`)].join(', ');
