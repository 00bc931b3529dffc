import { z } from 'zod';
import { limited } from '../../../../common/time-limit.ts';
import type { App, Routes, Service } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { Turns } from '../../turns.ts';
import { windowAround, windowBefore } from '../log/log-window.ts';
import { searchLog } from '../log/search-log.ts';
import { shownAttempt } from '../one-attempt.ts';
import { fragment, part } from '../render.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ id: z.string(), number: z.coerce.number().int() });

/** Bytes of a log that are put into a page at once. */
const windowBytes = 128 * 1024;
/** Seconds for which a log is searched. */
const searchSeconds = 60;
const mostHits = 200;
/** Logs that are searched at once. */
const searches = new Turns(2);
const offset = z.coerce.number().int().min(0);

/** Parts of a log, for its panel in a job's page. */
export const logPages: Routes = (app, { store, files }) => {
  const views = new Views(store);
  const query = z.object({ before: offset.optional(), at: offset.optional() });
  app.get(
    '/jobs/:id/attempts/:number/log',
    { config: readers, schema: { hide: true, params, querystring: query } },
    async (request, reply) => {
      const { id, number } = request.params;
      await shownAttempt(views, id, number);
      const file = files.logFile({ job: id, number });
      const { before, at } = request.query;
      const log =
        at === undefined
          ? await windowBefore(file, before, windowBytes)
          : await windowAround(file, at, windowBytes);
      return part(reply, fragment('log/window', { id, number, log, at }));
    },
  );

  searchRoute(app, files, views);

  /** All of it, as a file. */
  app.get(
    '/jobs/:id/attempts/:number/log.txt',
    { config: readers, schema: { hide: true, params } },
    async (request, reply) => {
      const { id, number } = request.params;
      await shownAttempt(views, id, number);
      const size = await files.logSize({ job: id, number });
      reply.type('text/plain; charset=utf-8').headers({
        'content-security-policy': 'sandbox',
        'x-content-type-options': 'nosniff',
        'content-disposition': `attachment; filename="${id}-${number}.log"`,
      });
      if (size === 0) return reply.send('');
      return reply.header('content-length', size).send(files.readLog({ job: id, number }, 0, size));
    },
  );
};

function searchRoute(app: App, files: Service['files'], views: Views): void {
  const sought = z.object({
    q: z.string().max(500).default(''),
    /** Where the search goes on. */
    line: z.coerce.number().int().min(1).default(1),
    at: offset.default(0),
  });
  app.get(
    '/jobs/:id/attempts/:number/log/search',
    {
      config: readers,
      schema: { hide: true, params, querystring: sought },
    },
    async (request, reply) => {
      const { id, number } = request.params;
      const { q, ...from } = request.query;
      await shownAttempt(views, id, number);
      if (q === '') return part(reply, '');
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const either = limited(searchSeconds, gone.signal);
      const file = files.logFile({ job: id, number });
      const found = await searches.take(() => searchLog(file, q, { most: mostHits, from }, either));
      return part(reply, fragment('log/hits', { id, number, q, from, ...found }));
    },
  );
}
