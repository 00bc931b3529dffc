import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { imagesCommandOf } from '../../../../main/commands/images/images.ts';
import type { CachedImage, CanKeepImages } from '../../../../main/providers/capabilities.ts';
import type { Provider } from '../../../../main/providers/provider.ts';
import { runCommand } from '../command-run.ts';

const now = Date.UTC(2026, 10, 21, 12);
const day = 86_400_000;
const image = (id: string, more: Partial<CachedImage> = {}): CachedImage => ({
  id,
  description: `what ${id} is`,
  bytes: 200 * 1024 ** 2,
  lastUsed: now - 40 * day,
  inUse: false,
  ...more,
});

/** A kind of machine that keeps these images, and fails to remove those in use. */
function keeper(
  name: string,
  images: readonly CachedImage[],
  removed: string[] = [],
): Provider & CanKeepImages {
  return {
    name,
    makes: true,
    probe: async () => ({ ok: true }),
    preview: async () => [],
    create: () => Promise.reject(new Error('not in this fake')),
    list: async () => [],
    destroy: async () => undefined,
    images: async () => images,
    removeImage: async (id) => {
      if (images.find((each) => each.id === id)?.inUse)
        throw new ShakedownError({ message: `the image ${id} is in use` });
      removed.push(`${name}/${id}`);
    },
  };
}

const two = (removed: string[] = []) => [
  keeper('nspawn', [image('bookworm-1', { inUse: true }), image('trixie-2'), image('same')], removed),
  keeper(
    'qemu',
    [image('trixie-3', { lastUsed: now - 3 * day, bytes: 3 * 1024 ** 3 }), image('same')],
    removed,
  ),
];

const run = (kinds: readonly Provider[], args: readonly string[], options: Record<string, unknown> = {}) =>
  runCommand(
    imagesCommandOf(
      async () => kinds,
      () => now,
    ),
    { args, options, cwd: '/nonexistent' },
  );

test('lists what all kinds of machine keep, with sizes and when they were used', async () => {
  const { code, stdout } = await run(two(), []);
  expect(code).toBe(0);
  const lines = stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(lines[0]).toEqual(['provider', 'id', 'what', 'size', 'last used']);
  expect(lines[1]).toEqual(['nspawn', 'bookworm-1', 'what bookworm-1 is', '200 MiB', 'in use']);
  expect(lines[4]).toEqual(['qemu', 'trixie-3', 'what trixie-3 is', '3.0 GiB', '3 days ago']);
  expect(stdout).toContain('5 images, 3.8 GiB');
});

test('gives the same as JSON', async () => {
  const { stdout } = await run(two(), ['list'], { json: true });
  expect(JSON.parse(stdout)[1]).toEqual({ provider: 'nspawn', ...image('trixie-2') });
});

test('says that there are none', async () =>
  expect((await run([keeper('nspawn', [])], [])).stdout).toBe('There are no images.\n'));

test('removes by id, by its beginning, and by provider where two have the same', async () => {
  const removed: string[] = [];
  await run(two(removed), ['remove', 'trixie-2', 'trixie-3', 'qemu/same']);
  await run(two(removed), ['remove', 'nspawn/tri']);
  expect(removed).toEqual(['nspawn/trixie-2', 'qemu/trixie-3', 'qemu/same', 'nspawn/trixie-2']);
});

test.each([
  [['remove'], "'images remove' takes the ids"],
  [['remove', 'nosuch'], "There is no image 'nosuch'."],
  [['remove', 'trixie'], "'trixie' may be any of nspawn/trixie-2, qemu/trixie-3."],
  [['remove', 'same'], "'same' may be any of nspawn/same, qemu/same."],
  [['burn'], "There is no 'images burn'; there are list, remove, prune and why."],
])('%j is the user’s mistake, and nothing is removed', async (args, message) => {
  const removed: string[] = [];
  const asked = run(two(removed), args);
  await expect(asked).rejects.toBeInstanceOf(UsageError);
  await expect(asked).rejects.toThrow(message);
  expect(removed).toEqual([]);
});

test('one that is in use is told, and keeps no other from being removed', async () => {
  const removed: string[] = [];
  await expect(run(two(removed), ['remove', 'bookworm-1', 'trixie-2'])).rejects.toThrow(
    'bookworm-1 is in use',
  );
  expect(removed).toEqual(['nspawn/trixie-2']);
});

test('prunes what was not used for a month, or for as long as one says; what is in use stays', async () => {
  const month: string[] = [];
  await run(two(month), ['prune']);
  expect(month).toEqual(['nspawn/trixie-2', 'nspawn/same', 'qemu/same']);
  const all: string[] = [];
  await run(two(all), ['prune'], { days: '0' });
  expect(all).toEqual([...month.slice(0, 2), 'qemu/trixie-3', 'qemu/same']);
  expect((await run([keeper('nspawn', [])], ['prune'])).stdout).toBe('Nothing to remove.\n');
  await expect(run(two(), ['prune'], { days: 'many' })).rejects.toThrow("found 'many'");
});

test('a kind that cannot be asked is told, after the others are listed', async () => {
  const failing = { images: () => Promise.reject(new ShakedownError({ message: 'no docker' })) };
  const kinds = [{ ...keeper('docker', []), ...failing }, ...two()];
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const environment = { cwd: '/', env: {}, stdin: new PassThrough(), signal, hurry: signal, cacheDir: '/' };
  const asked = imagesCommandOf(
    async () => kinds,
    () => now,
  )([], { rest: [] }, { ...environment, stdout, stderr });
  await expect(asked).rejects.toThrow('no docker');
  expect(String(stdout.read())).toContain('5 images');
});
