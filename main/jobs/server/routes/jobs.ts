import { z } from 'zod';
import { jobState, jobView, submission, wholeJobView } from '../../protocol.ts';
import { actOnJob, pinJob } from '../act-on-job.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';
import { submitJob } from '../submit-job.ts';
import { Views } from '../views.ts';

const params = z.object({ id: z.string() });
const readers = { roles: ['read', 'submit', 'worker'] as const };
const submitters = { roles: ['submit'] as const };

/** What people and their programs do with jobs. */
export const jobRoutes: Routes = (app, service) => {
  const { store, signals } = service;
  const views = new Views(store);

  const answer201 = { 201: z.object({ id: z.string() }) };
  app.post(
    '/api/jobs',
    { config: submitters, schema: { body: submission, response: answer201 } },
    async (request, reply) => {
      const id = await submitJob(service, request.body, request.holder?.name ?? '');
      signals.changed('queue');
      return reply.code(201).send({ id });
    },
  );

  const query = z.strictObject({
    state: jobState.optional(),
    type: z.string().optional(),
    matrix: z.string().optional(),
    label: z.string().optional(),
    submitter: z.string().optional(),
    pinned: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
    before: z.iso.datetime({ offset: true }).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  });
  app.get(
    '/api/jobs',
    { config: readers, schema: { querystring: query, response: { 200: z.array(jobView) } } },
    (request) => views.jobs(request.query),
  );

  app.get(
    '/api/jobs/:id',
    { config: readers, schema: { params, response: { 200: wholeJobView } } },
    async (request) => {
      const job = await views.job(request.params.id);
      if (!job) throw new Problem(404, `there is no job ${request.params.id}`);
      return job;
    },
  );

  const pinned = { config: submitters, schema: { params, response: { 204: z.null() } } };
  app.put('/api/jobs/:id/pin', pinned, async (request, reply) => {
    await pinJob(service, request.params.id, true);
    return reply.code(204).send(null);
  });
  app.delete('/api/jobs/:id/pin', pinned, async (request, reply) => {
    await pinJob(service, request.params.id, false);
    return reply.code(204).send(null);
  });

  const which = z.strictObject({ failed: z.enum(['true', 'false']).default('false') });
  for (const act of ['cancel', 'retry'] as const) {
    app.post(
      `/api/jobs/:id/${act}`,
      { config: submitters, schema: { params, querystring: which, response: { 204: z.null() } } },
      async (request, reply) => {
        await actOnJob(service, request.params.id, act, { failed: request.query.failed === 'true' });
        return reply.code(204).send(null);
      },
    );
  }
};
