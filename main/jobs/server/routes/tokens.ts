import { z } from 'zod';
import { role, tokenView } from '../../account-protocol.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

/** Making and revoking tokens: for admins, as every route is that names nobody else. */
export const tokenRoutes: Routes = (app, { accounts: { tokens } }) => {
  const body = z.strictObject({
    name: z.string().min(1).max(200),
    role,
    expires: z.iso.datetime({ offset: true }).optional(),
  });
  const made = z.object({ id: z.string(), token: z.string() });
  app.post('/api/tokens', { schema: { body, response: { 201: made } } }, async (request, reply) => {
    const { name, role, expires } = request.body;
    const token = await tokens.make(name, role, expires === undefined ? null : new Date(expires));
    return reply.code(201).send(token);
  });

  app.get('/api/tokens', { schema: { response: { 200: z.array(tokenView) } } }, async () =>
    (await tokens.list()).map(({ created_at, ...token }) => ({
      ...token,
      createdAt: created_at.toISOString(),
    })),
  );

  const params = z.object({ id: z.string() });
  app.delete(
    '/api/tokens/:id',
    { schema: { params, response: { 204: z.null() } } },
    async (request, reply) => {
      if (!(await tokens.revoke(request.params.id)))
        throw new Problem(404, `there is no token ${request.params.id}`);
      return reply.code(204).send(null);
    },
  );
};
