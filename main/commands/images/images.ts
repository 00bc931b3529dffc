import {
  asShakedownError,
  describeFailure,
  type ShakedownError,
  UsageError,
} from '../../../common/errors.ts';
import { canKeepImages } from '../../providers/capabilities.ts';
import type { Provider } from '../../providers/provider.ts';
import { everyProvider } from '../../providers/registry.ts';
import { voiceOf } from '../../report/voice.ts';
import { columns } from '../columns.ts';
import type { Command, CommandEnvironment } from '../command.ts';
import { type Kept, whyOf } from './why.ts';

/** `shakedown images` over the given kinds of machine. */
export const imagesCommandOf =
  (kinds: typeof everyProvider, clock = Date.now): Command =>
  async ([action = 'list', ...wanted], options, environment) => {
    const { stdout } = environment;
    const { images, failures } = await findImages(await kinds(), environment);
    if (action === 'list') {
      stdout.write(options.json === true ? `${JSON.stringify(images.map(plain))}\n` : table(images, clock()));
      throwLast(failures, environment);
    } else if (action === 'remove') {
      if (wanted.length === 0)
        throw new UsageError("'images remove' takes the ids of images.", { hint: 'shakedown images' });
      await remove(
        wanted.map((id) => named(id, images)),
        environment,
      );
    } else if (action === 'why') {
      const [id, ...more] = wanted;
      if (id === undefined || more.length > 0) throw new UsageError("'images why' takes the id of a layer.");
      stdout.write(await whyOf(named(id, images), images, environment));
    } else if (action === 'prune') {
      const age = days(options.days) * 86_400_000;
      const old = images.filter(({ inUse, lastUsed }) => !inUse && clock() - lastUsed >= age);
      await remove(old, environment);
      if (old.length === 0) stdout.write('Nothing to remove.\n');
      throwLast(failures, environment);
    } else {
      throw new UsageError(`There is no 'images ${action}'; there are list, remove, prune and why.`);
    }
    return 0;
  };

export const imagesCommand = imagesCommandOf(everyProvider);

/** All that there are; what one kind of machine throws keeps no other from being looked at. */
async function findImages(
  kinds: readonly Provider[],
  { signal, cacheDir }: CommandEnvironment,
): Promise<{ images: readonly Kept[]; failures: readonly ShakedownError[] }> {
  const keepers = kinds.filter(canKeepImages);
  const answers = await Promise.allSettled(keepers.map((provider) => provider.images({ signal, cacheDir })));
  const images = answers.flatMap((answer, index) => {
    const provider = keepers[index];
    return answer.status === 'fulfilled' && provider
      ? answer.value.map((image) => ({ ...image, provider }))
      : [];
  });
  const failures = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [asShakedownError(answer.reason)] : [],
  );
  return { images, failures };
}

/** The image of that id, or the one whose id begins so; `PROVIDER/ID` where two kinds have the same. */
function named(wanted: string, images: readonly Kept[]): Kept {
  const whole = (image: Kept) => `${image.provider.name}/${image.id}`;
  const exact = images.filter((image) => image.id === wanted || whole(image) === wanted);
  const found =
    exact.length > 0
      ? exact
      : images.filter((image) => image.id.startsWith(wanted) || whole(image).startsWith(wanted));
  const [image, ...more] = found;
  if (image === undefined)
    throw new UsageError(`There is no image '${wanted}'.`, { hint: 'shakedown images' });
  if (more.length === 0) return image;
  throw new UsageError(`'${wanted}' may be any of ${found.map(whole).join(', ')}.`, {
    hint: 'give more of the id',
  });
}

async function remove(images: readonly Kept[], environment: CommandEnvironment): Promise<void> {
  const failures: ShakedownError[] = [];
  for (const { provider, id, bytes } of images) {
    try {
      await provider.removeImage(id, environment);
      environment.stdout.write(`Removed ${provider.name}/${id}, ${size(bytes)}.\n`);
    } catch (error) {
      failures.push(asShakedownError(error));
    }
  }
  throwLast(failures, environment);
}

/** Tells all failures, the last one by throwing it. */
function throwLast(failures: readonly ShakedownError[], environment: CommandEnvironment): void {
  const last = failures.at(-1);
  const voice = voiceOf(environment);
  for (const { details } of failures.slice(0, -1)) voice.error(describeFailure(details));
  if (last) throw last;
}

const plain = ({ provider, ...image }: Kept) => ({ provider: provider.name, ...image });

function table(images: readonly Kept[], now: number): string {
  if (images.length === 0) return 'There are no images.\n';
  const rows = images.map(({ provider, id, description, bytes, lastUsed, inUse }) => [
    provider.name,
    id,
    description,
    size(bytes),
    inUse ? 'in use' : ago(now - lastUsed),
  ]);
  const total = images.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${columns([['provider', 'id', 'what', 'size', 'last used'], ...rows])}${images.length} images, ${size(total)}\n`;
}

const size = (bytes: number): string =>
  bytes < 1024 ** 3 ? `${Math.ceil(bytes / 1024 ** 2)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

function ago(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return 'within the hour';
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

function days(value: unknown): number {
  const given = value === undefined ? 30 : Number(value);
  if (given >= 0) return given;
  throw new UsageError(`--days takes a number of days from 0; found '${value}'.`);
}
