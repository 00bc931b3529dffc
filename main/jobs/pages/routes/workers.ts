import type { Routes } from '../../server/service.ts';
import { Views } from '../../server/views.ts';
import type { Store } from '../../store/kysely-of.ts';
import { changesOf, sendEvents } from '../events.ts';
import { fragment, page } from '../render.ts';

const readers = { config: { roles: ['read', 'submit', 'worker'] as const }, schema: { hide: true } };

/** Who does jobs, what each of them can, and does. */
export const workerPages: Routes = (app, service) => {
  const views = new Views(service.store);
  const parts = async () => {
    const [workers, current] = [await views.workers(), await underWay(service.store)];
    return { 'worker-list': fragment('worker-list', { workers, current }) };
  };

  app.get('/workers', readers, async (request, reply) =>
    page(request, reply, 'workers', {
      ...{ title: 'Workers', section: 'workers', events: '/workers/events', parts: await parts() },
    }),
  );

  app.get('/workers/events', readers, (_request, reply) => {
    const changed = changesOf();
    return sendEvents(reply, service, 'queue', async () => {
      const changes = changed(await parts());
      return changes.length > 0 ? { changes } : undefined;
    });
  });
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
