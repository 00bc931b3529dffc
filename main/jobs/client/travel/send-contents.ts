import { readFile } from 'node:fs/promises';
import { ShakedownError } from '../../../../common/errors.ts';
import { sideBySide } from '../../../../common/side-by-side.ts';
import { bundleBounds, bundled, bundleOf, type Content } from '../../packages/content-bundle.ts';
import { type JobsApi, RefusedError } from '../jobs-api.ts';

/** A file whose content is to be sent. */
export interface ToSend {
  readonly sha256: string;
  /** Absolute. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

/** Requests that are under way at once. */
const atOnce = 4;

/** Sends contents: small ones together. Throws ShakedownError when a file has changed meanwhile. */
export async function sendContents(
  api: JobsApi,
  contents: readonly ToSend[],
  signal: AbortSignal,
): Promise<void> {
  await sideBySide(requestsFor(contents), atOnce, signal, async (some) => {
    const [first] = some;
    const alone = some.length === 1 ? first : undefined;
    const send = async () =>
      alone ? api.putContent(alone.sha256, alone.file) : api.putContents(await bundle(some));
    // What a file has by now may be another content, and more than fits.
    await send().catch((error: unknown) => {
      const isOther = error instanceof RefusedError && (error.status === 400 || error.status === 413);
      throw isOther ? changed(some.map(({ file }) => file)) : error;
    });
  });
}

/** What goes in each request. */
function requestsFor(contents: readonly ToSend[]): readonly (readonly ToSend[])[] {
  const requests: ToSend[][] = [];
  const small = contents.filter(({ size }) => size <= bundleBounds.each);
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of small) {
    const more = bundled(one.size);
    const last = requests.at(-1);
    if (last && last.length < bundleBounds.contents && bytes + more <= bundleBounds.bytes) last.push(one);
    else {
      requests.push([one]);
      bytes = 0;
    }
    bytes += more;
  }
  return [...requests, ...contents.filter(({ size }) => size > bundleBounds.each).map((one) => [one])];
}

async function bundle(some: readonly ToSend[]): Promise<Buffer> {
  const contents: Content[] = [];
  for (const { sha256, file } of some) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? changed([file]) : error;
    });
    contents.push({ sha256, bytes });
  }
  return bundleOf(contents);
}

export const changed = ([file, ...more]: readonly string[]): ShakedownError =>
  new ShakedownError({
    message: `${more.length > 0 ? `${file}, or one of ${more.length} other files,` : file} changed while it was sent`,
    hint: 'submit it once more',
  });
