import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Routes } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import { Pauses } from '../../server/workers/pauses.ts';
import type { Store } from '../../store/kysely-of.ts';
import { csrfOf } from '../enter.ts';
import { changesOf, sendEvents, streaming } from '../events.ts';
import { fragment, page } from '../render.ts';

const readers = { config: { roles: ['read', 'submit', 'worker'] as const }, schema: { hide: true } };

/** Who does jobs, what each of them can, and does. */
export const workerPages: Routes = (app, service) => {
  const views = new Views(service.store);
  const pauses = new Pauses(service);
  const parts = async (request: FastifyRequest) => {
    const [workers, current] = [await views.workers(), await underWay(service.store)];
    const mayPause = ['admin', 'worker'].includes(request.holder?.role ?? '');
    const csrf = csrfOf(request);
    return { 'worker-list': fragment('worker-list', { workers, current, mayPause, csrf }) };
  };

  app.get('/workers', readers, async (request, reply) =>
    page(request, reply, 'workers', {
      ...{ title: 'Workers', section: 'workers', events: '/workers/events', parts: await parts(request) },
    }),
  );

  app.get('/workers/events', { ...streaming, ...readers }, (request, reply) => {
    const changed = changesOf();
    return sendEvents(reply, service, 'queue', async () => {
      const changes = changed(await parts(request));
      return changes.length > 0 ? { changes } : undefined;
    });
  });

  const params = z.object({ id: z.string() });
  const keepers = { roles: ['worker'] as const };
  const body = z.object({ note: z.string().max(1000).default('') });
  app.post(
    '/workers/:id/pause',
    { config: keepers, schema: { hide: true, params, body } },
    async (request, reply) => {
      await pauses.pause(request.params.id, request.holder?.name ?? '', request.body.note);
      return reply.redirect('/workers?done=changed', 303);
    },
  );
  for (const act of ['drain', 'resume'] as const) {
    app.post(
      `/workers/:id/${act}`,
      { config: keepers, schema: { hide: true, params } },
      async (request, reply) => {
        await pauses[act](request.params.id);
        return reply.redirect('/workers?done=changed', 303);
      },
    );
  }
};

/** The jobs of this moment, by their workers' ids. */
async function underWay(store: Store) {
  const rows = await store
    .selectFrom('attempts')
    .innerJoin('jobs', 'jobs.id', 'attempts.job')
    .select(['attempts.worker', 'jobs.id', 'jobs.name', 'attempts.started_at'])
    .where('attempts.ended_at', 'is', null)
    .orderBy('attempts.started_at')
    .execute();
  return Map.groupBy(rows, ({ worker }) => worker);
}
