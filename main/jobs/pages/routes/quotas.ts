import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { quotaJobs } from '../../account-protocol.ts';
import { Quotas } from '../../server/quotas.ts';
import type { Routes } from '../../server/service.ts';
import { csrfOf } from '../enter.ts';
import { changesOf, sendEvents, streaming } from '../events.ts';
import { fragment, page } from '../render.ts';

const submitter = z.string().trim().min(1).max(200);

/** Who has how many jobs, and how many of them run at once; for admins. */
export const quotaPages: Routes = (app, service) => {
  const quotas = new Quotas(service);
  const parts = async (request: FastifyRequest) => ({
    'quota-list': fragment('quota-list', { quotas: await quotas.list(), csrf: csrfOf(request) }),
  });

  const query = z.object({ submitter: z.string().max(200).default('') });
  app.get('/quotas', { schema: { hide: true, querystring: query } }, async (request, reply) => {
    const list = await quotas.list();
    const chosen = request.query.submitter;
    return page(request, reply, 'quotas', {
      ...{ title: 'Quotas', section: 'quotas', events: '/quotas/events', parts: await parts(request) },
      ...{ chosen, jobs: list.find((each) => each.submitter === chosen)?.jobs, known: list },
    });
  });

  app.get('/quotas/events', { ...streaming, schema: { hide: true } }, (request, reply) => {
    const changed = changesOf();
    return sendEvents(reply, service, 'queue', async () => {
      const changes = changed(await parts(request));
      return changes.length > 0 ? { changes } : undefined;
    });
  });

  const body = z.object({ submitter, jobs: z.string().regex(/^\d+$/).transform(Number).pipe(quotaJobs) });
  app.post('/quotas', { schema: { hide: true, body } }, async (request, reply) => {
    await quotas.set(request.body.submitter, request.body.jobs);
    return reply.redirect('/quotas?done=changed', 303);
  });

  app.post(
    '/quotas/remove',
    { schema: { hide: true, body: z.object({ submitter }) } },
    async (request, reply) => {
      await quotas.remove(request.body.submitter);
      return reply.redirect('/quotas?done=removed', 303);
    },
  );
};
