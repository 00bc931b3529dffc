import { z } from 'zod';
import type { Routes } from '../../server/service.ts';
import { logIn, logOut } from '../enter.ts';
import { page } from '../render.ts';

const anyone = { config: { roles: ['anyone'] as const }, schema: { hide: true } };

export const loginPages: Routes = (app, service) => {
  const { users, tokens, failedLogins } = service.accounts;
  const query = z.object({ next: z.string().optional() });
  app.get('/login', { ...anyone, schema: { hide: true, querystring: query } }, async (request, reply) => {
    const next = placeHere(request.query.next);
    if (request.holder) return reply.redirect(next, 303);
    // Of a new server there is nothing yet but the first token.
    const byToken = (await users.list()).length === 0;
    return page(request, reply, 'login', { title: 'Log in', next, name: '', wrong: undefined, byToken });
  });

  const body = z.object({
    name: z.string().max(200).default(''),
    password: z.string().max(1000).default(''),
    token: z.string().max(200).default(''),
    next: z.string().optional(),
  });
  app.post('/login', { ...anyone, schema: { hide: true, body } }, async (request, reply) => {
    const { name, password, token, next } = request.body;
    const byToken = token !== '';
    const refuse = (status: number, wrong: string) => {
      const data = { title: 'Log in', next: placeHere(next), name, wrong, byToken };
      return page(request, reply.code(status), 'login', data);
    };
    if (byToken) {
      // 256 random bits: there is nothing to guess.
      const holder = await tokens.find(token.trim());
      if (!holder) return refuse(401, 'This token is not valid: it is unknown, revoked or expired.');
      await logIn(request, reply, service, { token: holder.id });
    } else {
      const begun = await failedLogins.begin(name, request.ip);
      if (typeof begun === 'string') {
        return refuse(429, `${begun.charAt(0).toUpperCase()}${begun.slice(1)}.`);
      }
      const user = await users.check(name, password);
      if (user === undefined) return refuse(401, 'There is no user with this name and this password.');
      await begun.takeBack();
      await logIn(request, reply, service, { user });
    }
    return reply.redirect(placeHere(next), 303);
  });

  app.post('/logout', anyone, async (request, reply) => {
    await logOut(request, reply, service);
    return reply.redirect('/login', 303);
  });
};

/** Where one wanted to; never another host. */
function placeHere(next: string | undefined): string {
  if (next === undefined || !URL.canParse(next, 'http://here')) return '/jobs';
  const { origin, pathname, search } = new URL(next, 'http://here');
  return origin === 'http://here' && pathname.startsWith('/') && !pathname.startsWith('//')
    ? pathname + search
    : '/jobs';
}
