import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Accounts } from '../accounts/accounts.ts';
import type { TokenHolder } from '../accounts/tokens.ts';
import type { Database } from '../databases/database.ts';
import type { Queue } from '../queue/queue.ts';
import type { Vault } from '../secrets/vault.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Role } from '../store/tables.ts';
import type { Files, UploadLimits } from './files.ts';
import type { Signals } from './signals.ts';
import type { Claims } from './workers/claims.ts';

/** What the routes of a server share. */
export interface Service {
  readonly database: Database;
  readonly store: Store;
  readonly queue: Queue;
  readonly claims: Claims;
  readonly accounts: Accounts;
  readonly files: Files;
  readonly signals: Signals;
  readonly vault: Vault;
  readonly limits: UploadLimits;
  /** The time by which schedules are begun: the database's, which all servers share. */
  readonly now: () => Promise<Date>;
  /** Aborted when the server is to end: what waits answers. */
  readonly closing: AbortSignal;
  /** Whoever reaches it is an admin; only for servers that nothing but this machine reaches. */
  readonly open: boolean;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export type Routes = (app: App, service: Service) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may ask this, besides admins; `anyone` needs no token. A route without it is for admins. */
    readonly roles?: readonly (Role | 'anyone')[];
  }
  interface FastifyRequest {
    holder: TokenHolder | undefined;
  }
}
