import { z } from 'zod';
import { quotaJobs, quotaView } from '../../account-protocol.ts';
import { Quotas } from '../quotas.ts';
import type { Routes } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ submitter: z.string().min(1).max(200) });
const nothing = { 204: z.null() };

/** How many jobs of a submitter run at once; only admins change that. */
export const quotaRoutes: Routes = (app, service) => {
  const quotas = new Quotas(service);
  app.get('/api/quotas', { config: readers, schema: { response: { 200: z.array(quotaView) } } }, () =>
    quotas.list(),
  );

  const body = z.strictObject({ jobs: quotaJobs });
  app.put(
    '/api/quotas/:submitter',
    { schema: { params, body, response: nothing } },
    async (request, reply) => {
      await quotas.set(request.params.submitter, request.body.jobs);
      return reply.code(204).send(null);
    },
  );

  app.delete('/api/quotas/:submitter', { schema: { params, response: nothing } }, async (request, reply) => {
    await quotas.remove(request.params.submitter);
    return reply.code(204).send(null);
  });
};
