import type { FastifyRequest } from 'fastify';

/** How whoever asks reaches this server, also through a proxy that speaks TLS for it. */
export function originOf({ headers, host, protocol }: FastifyRequest): string {
  const isSecure = headers['x-forwarded-proto'] === 'https';
  return `${isSecure ? 'https' : protocol}://${host}`;
}
