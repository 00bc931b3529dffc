import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionSeconds } from '../accounts/sessions.ts';
import { Problem } from '../server/problem.ts';
import type { App, Service } from '../server/service.ts';
import { checkRole, openHolder } from '../server/who-asks.ts';

const cookieName = 'shakedown_session';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its handler reads the form itself, and has to call `checkCsrf`. */
    readonly readsItsForm?: boolean;
  }
  interface FastifyRequest {
    /** What the browser's cookie holds, logged in or not; `csrfOf` is made of it. */
    visit: string;
  }
}

/** Sent back with each form: whoever sends one from another site does not know it. */
export const csrfOf = ({ visit }: FastifyRequest): string =>
  createHash('sha256').update(`csrf ${visit}`).digest('base64url');

/**
 * Lets people in by the session in their cookie, and sends others to log in. A
 * form without its visit's secret is refused.
 */
export function enterBySession(app: App, service: Service): void {
  app.decorateRequest('visit', '');
  app.addHook('onRequest', async (request, reply) => {
    const found = request.cookies[cookieName];
    if (found === undefined) setVisit(request, reply);
    else request.visit = found;
    const session = found === undefined ? undefined : await service.accounts.sessions.find(found);
    request.holder = session ?? openHolder(request, service);
    if (request.routeOptions.config.roles?.includes('anyone')) return;
    if (request.holder) return checkRole(request, request.holder);
    if (request.method !== 'GET' || request.headers['hx-request'] !== undefined) {
      reply.header('hx-redirect', '/login');
      throw new Problem(401, 'you are not logged in, or not any more');
    }
    return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
  });
  // Before a schema leaves out what its route does not know.
  app.addHook('preValidation', async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    if (request.routeOptions.config.readsItsForm) return;
    checkCsrf(request, ((request.body ?? {}) as { csrf?: unknown }).csrf);
  });
}

/** Throws Problem when a form's secret is not that of its visit. */
export function checkCsrf(request: FastifyRequest, sent: unknown): void {
  if (typeof sent === 'string' && same(sent, csrfOf(request))) return;
  throw new Problem(403, 'this form is not from this session: load its page again, and send it once more');
}

/** Begins a session in a cookie of its own, so that none that was planted before becomes it. */
export async function logIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { accounts }: Service,
  whose: { readonly user: string } | { readonly token: string },
): Promise<void> {
  setVisit(request, reply);
  await accounts.sessions.begin(request.visit, whose);
}

export async function logOut(request: FastifyRequest, reply: FastifyReply, service: Service): Promise<void> {
  await service.accounts.sessions.end(request.visit);
  setVisit(request, reply);
}

function setVisit(request: FastifyRequest, reply: FastifyReply): void {
  request.visit = randomBytes(32).toString('base64url');
  reply.setCookie(cookieName, request.visit, {
    ...{ path: '/', httpOnly: true, sameSite: 'lax', maxAge: sessionSeconds },
    // A proxy with TLS says so; who makes that up has only a stricter cookie.
    secure: request.headers['x-forwarded-proto'] === 'https',
  });
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
