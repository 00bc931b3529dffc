import { sql } from 'kysely';
import { z } from 'zod';
import { quotaView } from '../../protocol.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };
const params = z.object({ submitter: z.string().min(1).max(200) });
const nothing = { 204: z.null() };

/** How many jobs of a submitter run at once; only admins change that. */
export const quotaRoutes: Routes = (app, { store, signals }) => {
  app.get('/api/quotas', { config: readers, schema: { response: { 200: z.array(quotaView) } } }, async () => {
    const rows = await store
      .selectFrom('quotas')
      .select(['submitter', 'running as jobs'])
      .select(sql<number>`running_of(submitter)`.as('running'))
      .orderBy('submitter')
      .execute();
    return rows.map((row) => ({ ...row, running: row.submitter === '*' ? null : row.running }));
  });

  const body = z.strictObject({ jobs: z.number().int().min(0).max(1_000_000) });
  app.put(
    '/api/quotas/:submitter',
    { schema: { params, body, response: nothing } },
    async (request, reply) => {
      const running = request.body.jobs;
      await store
        .insertInto('quotas')
        .values({ submitter: request.params.submitter, running })
        .onConflict((on) => on.column('submitter').doUpdateSet({ running }))
        .execute();
      signals.changed('queue');
      return reply.code(204).send(null);
    },
  );

  app.delete('/api/quotas/:submitter', { schema: { params, response: nothing } }, async (request, reply) => {
    const { submitter } = request.params;
    const { numDeletedRows } = await store
      .deleteFrom('quotas')
      .where('submitter', '=', submitter)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new Problem(404, `there is no quota for ${submitter}`);
    signals.changed('queue');
    return reply.code(204).send(null);
  });
};
