import { z } from 'zod';
import { pauseRequest } from '../../worker-protocol.ts';
import type { Routes } from '../service.ts';
import { Pauses } from '../workers/pauses.ts';

const workers = { roles: ['worker'] as const };
const params = z.object({ worker: z.string() });
const nothing = { 204: z.null() };

/** What others want of workers. */
export const pauseRoutes: Routes = (app, service) => {
  const pauses = new Pauses(service);

  app.post(
    '/api/workers/:worker/pause',
    { config: workers, schema: { params, body: pauseRequest, response: nothing } },
    async (request, reply) => {
      const { note, seconds } = request.body;
      await pauses.pause(request.params.worker, request.holder?.name ?? '', note, seconds);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/workers/:worker/drain',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      await pauses.drain(request.params.worker);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/workers/:worker/resume',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      await pauses.resume(request.params.worker);
      return reply.code(204).send(null);
    },
  );
};
