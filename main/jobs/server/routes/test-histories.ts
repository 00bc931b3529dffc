import { z } from 'zod';
import { originsSchema } from '../../../distribute/history/history-file.ts';
import type { AttemptKey } from '../../queue/queued-job.ts';
import { addToTestHistory, testHistory } from '../../test-histories/test-histories.ts';
import { Attempts } from '../attempts.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

const workers = { roles: ['worker'] as const };
const params = z.object({ id: z.string(), number: z.coerce.number().int() });
const nothing = { 204: z.null() };
const history = z.strictObject({ origins: originsSchema });
/** Bytes of what one job found out: some 60 for each file. */
const largest = 64 * 1024 * 1024;

/**
 * What a project's test files took so far: a job's worker gets it before, and tells afterwards what it found
 * out, so that the next job is ordered by it, whichever worker does that. The project is the job's name.
 */
export const testHistoryRoutes: Routes = (app, service) => {
  const { store } = service;
  const attempts = new Attempts(service);
  const projectOf = async (job: string): Promise<string> => {
    const row = await store.selectFrom('jobs').select('name').where('id', '=', job).executeTakeFirst();
    if (!row) throw new Problem(404, `there is no job ${job}`);
    return row.name;
  };
  const keyOf = ({ id, number }: z.infer<typeof params>): AttemptKey => ({ job: id, number });

  app.get(
    '/api/jobs/:id/attempts/:number/history',
    { config: workers, schema: { params, response: { 200: history } } },
    async (request) => {
      await attempts.ofWorker(keyOf(request.params), request.holder);
      return { origins: await testHistory(store, await projectOf(request.params.id)) };
    },
  );

  app.put(
    '/api/jobs/:id/attempts/:number/history',
    {
      config: workers,
      bodyLimit: largest,
      schema: { params, body: history, response: nothing },
    },
    async (request, reply) => {
      await attempts.mayAdd(keyOf(request.params), request.holder);
      await addToTestHistory(service, await projectOf(request.params.id), request.body.origins);
      return reply.code(204).send(null);
    },
  );
};
