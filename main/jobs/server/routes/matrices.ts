import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { matrixJobs } from '../../protocol.ts';
import type { Routes } from '../service.ts';
import { submitMatrix } from '../submit-job.ts';

const submitters = { roles: ['submit'] as const };

/** Jobs that are submitted as one, of which each is a cell. */
export const matrixRoutes: Routes = (app, service) => {
  const { signals } = service;
  const body = z.strictObject({
    /** Of the submitter's choosing: the same one again is the same matrix. */
    id: z.uuid().optional(),
    jobs: matrixJobs,
  });
  const answer = z.object({ id: z.string(), jobs: z.array(z.string()) });
  app.post(
    '/api/matrices',
    { config: submitters, schema: { body, response: { 201: answer } } },
    async (request, reply) => {
      const id = request.body.id ?? randomUUID();
      const jobs = await submitMatrix(service, request.body.jobs, request.holder?.name ?? '', id);
      signals.changed('queue');
      return reply.code(201).send({ id, jobs });
    },
  );
};
