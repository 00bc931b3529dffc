import { z } from 'zod';
import { role } from '../../account-protocol.ts';
import { Problem } from '../../server/problem.ts';
import type { Routes } from '../../server/service.ts';
import { page } from '../render.ts';

const params = z.object({ id: z.string() });
const roles = role.options;

/** Tokens, made and revoked; for admins, as every page is that names nobody else. */
export const tokenPages: Routes = (app, { accounts: { tokens } }) => {
  const show = async (made?: { name: string; token: string }) => ({
    ...{ title: 'Tokens', section: 'tokens', roles, made },
    tokens: (await tokens.list()).map(({ created_at, ...token }) => ({
      ...token,
      createdAt: created_at.toISOString(),
    })),
  });
  app.get('/tokens', { schema: { hide: true } }, async (request, reply) =>
    page(request, reply, 'tokens', await show()),
  );

  const body = z.object({ name: z.string().trim().min(1).max(200), role });
  app.post('/tokens', { schema: { hide: true, body } }, async (request, reply) => {
    const { name, role } = request.body;
    const { token } = await tokens.make(name, role);
    // Told here and now: it is not kept, and stands in no address.
    return page(request, reply, 'tokens', await show({ name, token }));
  });

  app.post('/tokens/:id/revoke', { schema: { hide: true, params } }, async (request, reply) => {
    const { id } = request.params;
    if (!(await tokens.revoke(id))) throw new Problem(404, `there is no token ${id}`);
    return reply.redirect('/tokens?done=revoked', 303);
  });
};
