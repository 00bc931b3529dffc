import { z } from 'zod';
import { newUser, userView } from '../../account-protocol.ts';
import { Problem } from '../problem.ts';
import type { Routes } from '../service.ts';

/** Who may log in at the page; for admins, as every route is that names nobody else. */
export const userRoutes: Routes = (app, { accounts: { users } }) => {
  const made = { 201: z.object({ id: z.string() }) };
  app.post('/api/users', { schema: { body: newUser, response: made } }, async (request, reply) => {
    const { name, role, password } = request.body;
    const id = await users.add(name, role, password);
    if (id === undefined) throw new Problem(409, `there is a user ${name} already`);
    return reply.code(201).send({ id });
  });

  app.get('/api/users', { schema: { response: { 200: z.array(userView) } } }, async () =>
    (await users.list()).map(({ created_at, ...user }) => ({
      ...user,
      createdAt: created_at.toISOString(),
    })),
  );

  const params = z.object({ id: z.string() });
  app.delete(
    '/api/users/:id',
    { schema: { params, response: { 204: z.null() } } },
    async (request, reply) => {
      if (!(await users.remove(request.params.id)))
        throw new Problem(404, `there is no user ${request.params.id}`);
      return reply.code(204).send(null);
    },
  );
};
