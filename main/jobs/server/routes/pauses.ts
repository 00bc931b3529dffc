import { sql } from 'kysely';
import { z } from 'zod';
import { pauseRequest } from '../../protocol.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

const workers = { roles: ['worker'] as const };
const params = z.object({ worker: z.string() });
const nothing = { 204: z.null() };

/**
 * What others want of workers. One is named by its id or its name; what is said of a name holds for all that
 * have it, and a pause also for those that register later: a machine that is restarted stays paused.
 */
export const pauseRoutes: Routes = (app, { store, signals }) => {
  const nameOf = async (worker: string): Promise<string> => {
    const found = await store
      .selectFrom('workers')
      .select('name')
      .where((where) => where.or([where('id', '=', worker), where('name', '=', worker)]))
      .where('left_at', 'is', null)
      .executeTakeFirst();
    const paused =
      found ??
      (await store.selectFrom('pauses').select('name').where('name', '=', worker).executeTakeFirst());
    if (!paused) throw new Problem(404, `there is no worker ${worker}`);
    return paused.name;
  };

  app.post(
    '/api/workers/:worker/pause',
    { config: workers, schema: { params, body: pauseRequest, response: nothing } },
    async (request, reply) => {
      const { note, seconds } = request.body;
      const until =
        seconds === undefined
          ? null
          : sql<Date>`clock_timestamp() + ${seconds}::double precision * interval '1 second'`;
      const values = { note, said_by: request.holder?.name ?? '', until };
      await store
        .insertInto('pauses')
        .values({ name: await nameOf(request.params.worker), ...values })
        .onConflict((on) => on.column('name').doUpdateSet({ ...values, since: sql`clock_timestamp()` }))
        .execute();
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/workers/:worker/drain',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      await drain(await nameOf(request.params.worker), true);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/api/workers/:worker/resume',
    { config: workers, schema: { params, response: nothing } },
    async (request, reply) => {
      const name = await nameOf(request.params.worker);
      await store.deleteFrom('pauses').where('name', '=', name).execute();
      await drain(name, false);
      return reply.code(204).send(null);
    },
  );

  /** Those that wait for a job hear of it at once. */
  const drain = async (name: string, draining: boolean): Promise<void> => {
    await store
      .updateTable('workers')
      .set({ draining })
      .where('name', '=', name)
      .where('left_at', 'is', null)
      .execute();
    signals.changed('queue');
  };
};
