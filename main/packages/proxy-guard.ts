import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Whether a host, by name or address, may not be reached through the proxy. */
export type Refusal = (host: string) => boolean;

/** Nodes are trusted less than the main host: its own loopback and link-local addresses are not for them. */
export const isOwnHost = (host: string): boolean =>
  /^(localhost$|127\.|0\.|169\.254\.|\[?(::1?\]?$|fe80:|::ffff:))/i.test(host);

/** A name may resolve to an address of the main host's own. */
export const guardedLookup =
  (refuses: Refusal): LookupFunction =>
  (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const own = found?.find(({ address }) => refuses(address));
      if (own)
        callback(problem(403, `${host} is ${own.address}, which is not reached through this proxy`), '');
      else if (options.all) callback(error, found);
      else callback(error, found?.[0]?.address ?? '', found?.[0]?.family);
    });
  };

/** An error with the HTTP status that tells it. */
export const problem = (status: number, message: string): Error & { status: number } =>
  Object.assign(new Error(message), { status });
