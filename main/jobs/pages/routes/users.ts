import { z } from 'zod';
import { newUser, role } from '../../account-protocol.ts';
import { Problem } from '../../server/problem.ts';
import type { Routes } from '../../server/service.ts';
import { page } from '../render.ts';

const params = z.object({ id: z.string() });

/** Who may log in by name and password; for admins. */
export const userPages: Routes = (app, { accounts: { users } }) => {
  app.get('/users', { schema: { hide: true } }, async (request, reply) => {
    const list = (await users.list()).map(({ created_at, ...user }) => ({
      ...user,
      createdAt: created_at.toISOString(),
    }));
    return page(request, reply, 'users', {
      ...{ title: 'Users', section: 'users', users: list, roles: role.options },
    });
  });

  const body = z.object(newUser.shape);
  app.post('/users', { schema: { hide: true, body } }, async (request, reply) => {
    const { name, role, password } = request.body;
    if ((await users.add(name, role, password)) === undefined) {
      throw new Problem(409, `there is a user ${name} already`);
    }
    return reply.redirect('/users?done=added', 303);
  });

  app.post('/users/:id/remove', { schema: { hide: true, params } }, async (request, reply) => {
    const { id } = request.params;
    if (!(await users.remove(id))) throw new Problem(404, `there is no user ${id}`);
    return reply.redirect('/users?done=removed', 303);
  });
};
