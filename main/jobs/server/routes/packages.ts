import { Readable } from 'node:stream';
import { z } from 'zod';
import { sideBySide } from '../../../../common/side-by-side.ts';
import { bundleBounds, type Content, contentsIn } from '../../packages/content-bundle.ts';
import { contentsOf, fileTree, sha256 } from '../../packages/file-tree.ts';
import { streamOf, wholeOf } from '../files.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };
const digest = z.object({ sha256 });
const nothing = { 204: z.null() };
/** Bytes of a tree of 100,000 files, told as JSON. */
const bodyLimit = 64 * 1024 ** 2;

/** Contents of a bundle that are written at once. */
const atOnce = 16;

/** Throws Problem where it is no bundle as it should be. */
function readBundle(bundle: Buffer): readonly Content[] {
  try {
    return contentsIn(bundle);
  } catch (error) {
    throw new Problem(400, (error as Error).message);
  }
}

/**
 * What travels with jobs: tars, and trees whose files are sent one by one or
 * many together, each content once.
 */
export const packageRoutes: Routes = (app, { files, limits }) => {
  const { packages } = files;

  /** Takes what is sent to `path`, where its digest is the one that the path names. */
  const takes = (path: `${string}/:sha256`, fileOf: (digest: string) => string): void => {
    app.put(
      path,
      { config: submitters, schema: { params: digest, response: nothing } },
      async (request, reply) => {
        const { sha256: named } = request.params;
        await files.save(fileOf(named), streamOf(request.body), limits.package, named);
        return reply.code(204).send(null);
      },
    );
  };

  takes('/api/packages/:sha256', (named) => packages.tar(named));
  app.get('/api/packages/:sha256', { config: readers, schema: { params: digest } }, (request, reply) => {
    const { sha256: named } = request.params;
    if (!packages.has(named)) throw new Problem(404, `there is no package ${named}`);
    return reply.type('application/octet-stream').send(packages.read(named));
  });

  const contents = z.strictObject({ contents: z.array(sha256).max(100_000) });
  /** `limit`: bytes that all files of one tree may have. */
  const missing = z.object({ missing: z.array(sha256), limit: z.number() });
  app.post(
    '/api/contents/missing',
    { bodyLimit, config: submitters, schema: { body: contents, response: { 200: missing } } },
    async (request) => ({
      missing: await packages.missing(request.body.contents),
      limit: limits.package,
    }),
  );
  takes('/api/contents/:sha256', (named) => packages.content(named));

  app.post('/api/contents', { config: submitters, schema: { response: nothing } }, async (request, reply) => {
    const contents = readBundle(await wholeOf(streamOf(request.body), bundleBounds.bytes));
    for (const { bytes } of contents)
      if (bytes.length > limits.package) throw new Problem(413, `more than ${limits.package} bytes`);
    await sideBySide(contents, atOnce, undefined, ({ sha256: named, bytes }) =>
      files.save(packages.content(named), Readable.from([bytes]), limits.package, named),
    );
    return reply.code(204).send(null);
  });

  app.post(
    '/api/packages',
    { bodyLimit, config: submitters, schema: { body: fileTree, response: { 201: digest } } },
    async (request, reply) => {
      const tree = request.body;
      const lacking = await packages.missing(contentsOf(tree.entries));
      if (lacking.length > 0) {
        throw new Problem(400, `of its files ${lacking.length} are not here, such as ${lacking[0]}`);
      }
      const size = await packages.sizeOf(tree);
      if (size > limits.package) throw new Problem(413, `more than ${limits.package} bytes`);
      return reply.code(201).send({ sha256: await packages.putTree(tree) });
    },
  );
};
