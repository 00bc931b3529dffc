import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { submission } from '../../protocol.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';
import { submitJob } from '../submit-job.ts';

const submitters = { roles: ['submit'] as const };

/** Jobs that are submitted as one, of which each is a cell. */
export const matrixRoutes: Routes = (app, service) => {
  const { database, store, signals } = service;
  const body = z.strictObject({
    /** Of the submitter's choosing: the same one again is the same matrix. */
    id: z.uuid().optional(),
    jobs: z.array(submission).min(1).max(256),
  });
  const answer = z.object({ id: z.string(), jobs: z.array(z.string()) });
  app.post(
    '/api/matrices',
    { config: submitters, schema: { body, response: { 201: answer } } },
    async (request, reply) => {
      const id = request.body.id ?? randomUUID();
      const submitter = request.holder?.name ?? '';
      const known = store.selectFrom('jobs').select('id').where('matrix', '=', id).orderBy('created_at');
      const jobs = await database.transaction(async () => {
        const before = await known.execute();
        if (before.length > 0) return before.map((job) => job.id);
        const made: string[] = [];
        for (const each of request.body.jobs) {
          if (each.cell === undefined) throw new Problem(400, 'each job of a matrix has a `cell`');
          made.push(await submitJob(service, each, submitter, id));
        }
        return made;
      });
      signals.changed('queue');
      return reply.code(201).send({ id, jobs });
    },
  );
};
