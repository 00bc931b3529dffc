import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { accountsIn } from '../accounts/accounts.ts';
import { openDatabase } from '../databases/open-database.ts';
import { bossOf } from '../queue/boss-of.ts';
import { Queue } from '../queue/queue.ts';
import { Vault } from '../secrets/vault.ts';
import { kyselyOf } from '../store/kysely-of.ts';
import { migrate } from '../store/migrate.ts';
import { appOf } from './app.ts';
import { Files, type UploadLimits } from './files.ts';
import { keepLooking } from './keep-looking.ts';
import { deleteOld, type KeptJobs, usuallyKept } from './retention.ts';
import { Schedules } from './schedules.ts';
import { Signals } from './signals.ts';
import { Claims } from './workers/claims.ts';

export interface ServerOptions {
  /** Where its data lie. */
  readonly folder: string;
  readonly databaseUrl?: string | undefined;
  /** See `DatabaseWishes`. */
  readonly binaries?: string | false | undefined;
  readonly install?: boolean | undefined;
  /** Ends an installation of PostgreSQL. */
  readonly signal?: AbortSignal | undefined;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly limits?: Partial<UploadLimits> | undefined;
  readonly kept?: KeptJobs | undefined;
  /** The time by which schedules are begun; the database's unless told. */
  readonly now?: (() => Date) | undefined;
  /** Nobody has to log in; throws unless `host` is this machine's loopback. */
  readonly open?: boolean | undefined;
  readonly tell: (line: string) => void;
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** What its database is. */
  readonly about: string;
  /** An admin's, told once: at the first start. */
  readonly firstToken: string | undefined;
}

/** ms between two looks for attempts whose lease is over, and for schedules whose time has come. */
const lookEvery = 500;

/** ms between two looks for what is too old. */
const forgetEvery = 60_000;

/** Starts a server; closing it lets what is under way end, and stops the database that it started. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { folder, databaseUrl: url, host, port, limits, open = false, now, tell } = options;
  const kept = { ...usuallyKept, ...options.kept };
  if (open && !isLoopback(host)) {
    const message = `a server that is open to all may listen on this machine only, not on ${host}`;
    throw new ShakedownError({ message, hint: 'leave out --open, or --host' });
  }
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase({ ...options, url }));
  await migrate(database);
  const boss = await bossOf(database, tell);
  stack.defer(() => boss.stop({ graceful: false }));
  const closing = new AbortController();
  const store = kyselyOf(database);
  const [queue, signals] = [new Queue(database, store, boss), new Signals()];
  const accounts = accountsIn(store, database);
  const service = {
    ...{ database, store, queue, accounts, signals, closing: closing.signal, open },
    claims: new Claims(queue, signals, closing.signal),
    files: new Files(join(folder, 'files')),
    vault: new Vault(store, folder),
    now: async () => now?.() ?? (await database.ask('SELECT clock_timestamp() AS now')).rows[0].now,
    limits: { artifact: 8 * 2 ** 30, package: 2 ** 30, ...limits },
  };
  const app = await appOf(service, tell);
  stack.defer(() => app.close());
  stack.defer(() => closing.abort());
  const { tokens } = accounts;
  const firstToken =
    (await tokens.list()).length === 0 ? (await tokens.make('first', 'admin')).token : undefined;
  await app.listen({ host, port });
  stack.use(keepLooking(lookEvery, () => lookForLost(queue, signals, tell), tell));
  stack.use(keepLooking(lookEvery, () => service.vault.forget(), tell));
  const forget = async () => {
    const deleted = await deleteOld(service, kept);
    if (deleted > 0) tell(`deleted ${deleted} old ${deleted === 1 ? 'job' : 'jobs'}`);
  };
  stack.use(keepLooking(forgetEvery, forget, tell));
  const schedules = new Schedules(service);
  stack.use(keepLooking(lookEvery, async () => void (await schedules.look()), tell));
  const address = app.server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  const held = stack.move();
  return {
    ...{ url: `http://${shown}:${address.port}`, about: database.about, firstToken },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** Lets jobs run elsewhere whose workers are not heard of any more, and those wait whose time has come. */
async function lookForLost(queue: Queue, signals: Signals, tell: (line: string) => void): Promise<void> {
  for (const { job, number, why } of await queue.endOverdue()) {
    const words = { lost: 'is lost: nothing was heard of its worker', timeout: 'took longer than it may' }[
      why
    ];
    tell(`attempt ${number} at job ${job} ${words}`);
    signals.changed('queue');
    signals.changed(`job ${job}`);
  }
  if ((await queue.release()) > 0) signals.changed('queue');
}
