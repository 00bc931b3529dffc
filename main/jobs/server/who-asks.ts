import type { FastifyRequest } from 'fastify';
import type { TokenHolder } from '../accounts/tokens.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/** Who a program is by its token. Throws Problem. */
export async function holderOfToken(request: FastifyRequest, service: Service): Promise<TokenHolder> {
  const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const holder =
    token === undefined ? openHolder(request, service) : await service.accounts.tokens.find(token);
  if (!holder) throw new Problem(401, 'send a token that is valid: Authorization: Bearer …');
  return holder;
}

/** Throws Problem when the route is not for somebody with this role. */
export function checkRole(request: FastifyRequest, { role }: TokenHolder): void {
  const roles = request.routeOptions.config.roles ?? [];
  if (role !== 'admin' && !roles.includes(role)) throw new Problem(403, `the role '${role}' may not do this`);
}

/**
 * Who asks without saying so, at an open server: an admin, unless a page of somebody else's makes a browser
 * ask. Such a page has another origin, or (DNS rebinding) comes by another name.
 */
export function openHolder({ headers }: FastifyRequest, { open }: Service): TokenHolder | undefined {
  if (!open) return undefined;
  const { host = '', origin } = headers;
  const isOurs = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host);
  if (!isOurs || (origin !== undefined && origin !== `http://${host}`)) return undefined;
  // A link from elsewhere may lead to a page; the browser sends no Origin then.
  return { id: 'open', name: 'open', role: 'admin' };
}
