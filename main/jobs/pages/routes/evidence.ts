import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { create } from 'tar';
import { z } from 'zod';
import { Problem } from '../../server/problem.ts';
import type { App, Routes, Service } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { artifactsOf, level } from '../artifacts.ts';
import { shownAttempt } from '../one-attempt.ts';
import { page } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string(), number: z.coerce.number().int() });
/** Bytes of a page that is read to be framed. */
const mostFramed = 32 * 1024 * 1024;
const withPath = params.extend({ '*': z.string() });

/** What attempts left behind: looked through, opened and downloaded. */
export const evidencePages: Routes = (app, service) => {
  const { store, files } = service;
  const views = new Views(store);

  app.get(
    '/jobs/:id/attempts/:number/browse/*',
    { config: readers, schema: { hide: true, params: withPath } },
    async (request, reply) => {
      const { id, number, '*': folder } = request.params;
      const { job } = await shownAttempt(views, id, number);
      const entries = level(await artifactsOf(store, id, number), folder);
      if (folder !== '' && (!folder.endsWith('/') || entries.length === 0)) {
        throw new Problem(404, `attempt ${number} at this job left no folder ${folder}`);
      }
      return page(request, reply, 'job/browse', {
        ...{ title: `Files of ${job.name}`, section: 'jobs', job, number, folder, entries },
      });
    },
  );

  /** Within a frame, links lead out of it: there the browser does not say who asks. */
  const query = z.object({ framed: z.string().optional() });
  app.get(
    '/jobs/:id/attempts/:number/files/*',
    { config: readers, schema: { hide: true, params: withPath, querystring: query } },
    async (request, reply) => {
      const { id, number, '*': path } = request.params;
      const artifacts = await artifactsOf(store, id, number);
      const found = artifacts.find((each) => each.path === path);
      if (!found) {
        const folder = path.replace(/\/*$/, '/');
        if (level(artifacts, folder).length === 0) {
          throw new Problem(404, `attempt ${number} at this job left no ${path}`);
        }
        const to = `/jobs/${encodeURIComponent(id)}/attempts/${number}/browse/`;
        return reply.redirect(to + folder.split('/').map(encodeURIComponent).join('/'), 303);
      }
      const type = typeOf(path);
      const isFramed = request.query.framed !== undefined && type === types.html && found.size < mostFramed;
      // What a job wrote is shown as if it were another site's: no scripts, no forms, nothing of ours.
      const sandbox = isFramed ? 'sandbox allow-popups allow-popups-to-escape-sandbox' : 'sandbox';
      reply.type(type ?? 'application/octet-stream').headers({
        'content-security-policy': `${sandbox}; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-cache',
      });
      const file = files.artifact({ job: id, number }, path);
      if (isFramed) return reply.send(withLinksOutside(await readFile(file, 'utf8')));
      if (type === undefined) reply.header('content-disposition', 'attachment');
      return reply.header('content-length', found.size).send(createReadStream(file));
    },
  );
  archiveRoute(app, service);
};

/** All files of an attempt at once. */
function archiveRoute(app: App, { store, files }: Service): void {
  app.get(
    '/jobs/:id/attempts/:number/files.tar.gz',
    { config: readers, schema: { hide: true, params } },
    async (request, reply) => {
      const { id, number } = request.params;
      const paths = (await artifactsOf(store, id, number)).map(({ path }) => path);
      if (paths.length === 0) throw new Problem(404, `attempt ${number} at this job left no files`);
      const prefix = `${id}-${number}`;
      // A name that begins with an @ would be taken for an archive to be read.
      const names = paths.map((path) => `./${path}`);
      const pack = create(
        { cwd: files.artifactFolder({ job: id, number }), gzip: true, portable: true, prefix },
        names,
      );
      return reply
        .type('application/gzip')
        .headers({
          'content-disposition': `attachment; filename="${prefix}.tar.gz"`,
          'x-content-type-options': 'nosniff',
        })
        .send(Readable.from(pack));
    },
  );
}

const withLinksOutside = (page: string): string =>
  page.replace(/<head(?=[\s>])[^>]*>/i, (head) => `${head}<base target="_blank">`);

/** What a browser may show; others are downloaded. */
const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  png: 'image/png',
  jpg: 'image/jpeg',
  svg: 'image/svg+xml',
};
const texts = [
  'txt',
  'log',
  'json',
  'ndjson',
  'xml',
  'conf',
  'cfg',
  'ini',
  'yaml',
  'yml',
  'sh',
  'ts',
  'md',
  'service',
];

function typeOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
  return types[ending] ?? (texts.includes(ending) ? 'text/plain; charset=utf-8' : undefined);
}
