import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';
import {
  isAlive,
  type ProcessIdentity,
  processIdentity,
} from '../../../common/processes/process-identity.ts';
import { retry } from '../../../common/retry.ts';
import type { Ask, Database } from './database.ts';
import { type DatabaseAccount, databaseAccount } from './postgres-binaries.ts';
import { PostgresDatabase } from './postgres-database.ts';

/** Bytes that the path of a socket may have (unix(7)), without what PostgreSQL adds to its folder. */
const longestFolder = 107 - '/.s.PGSQL.5432'.length;

/** ms between two looks whether it still runs. */
const watchEvery = 500;

/**
 * A PostgreSQL of our own in `folder`, made at the first call: reached by a socket that only its account and
 * root can enter, never over a network. One that a killed server left running is adopted; one that dies is
 * started again; it is stopped when this is closed. The caller holds the lock on the folder.
 */
export async function openPrivatePostgres(folder: string, binaries: string): Promise<PrivatePostgres> {
  const cluster = new PrivateCluster(folder, binaries, await databaseAccount());
  await cluster.make();
  await cluster.start();
  const database = new PostgresDatabase('private PostgreSQL', {
    host: cluster.sockets,
    user: cluster.user,
    database: 'postgres',
  });
  return new PrivatePostgres(cluster, database);
}

export class PrivatePostgres implements Database {
  readonly about: string;
  readonly ask: Ask;
  readonly #cluster: PrivateCluster;
  readonly #database: PostgresDatabase;
  readonly #timer: NodeJS.Timeout;
  #starting: Promise<unknown> = Promise.resolve();
  #isStarting = false;

  constructor(cluster: PrivateCluster, database: PostgresDatabase) {
    this.#cluster = cluster;
    this.#database = database;
    this.about = `private PostgreSQL in ${cluster.folder}`;
    this.ask = database.ask;
    this.#timer = setInterval(() => this.#watch(), watchEvery);
    this.#timer.unref();
  }

  /** Of its first process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#cluster.process()?.pid;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  transaction<T>(act: () => Promise<T>): Promise<T> {
    return this.#database.transaction(act);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#starting;
    await this.#database[Symbol.asyncDispose]();
    await this.#cluster.stop();
  }

  #watch(): void {
    if (this.#isStarting || this.#cluster.process()) return;
    this.#isStarting = true;
    // What fails now is tried again at the next look.
    this.#starting = this.#cluster
      .start()
      .catch(() => undefined)
      .finally(() => {
        this.#isStarting = false;
      });
  }
}

/** The files and the processes of it. */
class PrivateCluster {
  readonly folder: string;
  readonly sockets: string;
  readonly user = 'shakedown';
  readonly #data: string;
  readonly #binaries: string;
  readonly #account: DatabaseAccount | undefined;

  constructor(folder: string, binaries: string, account: DatabaseAccount | undefined) {
    this.folder = folder;
    this.sockets = join(folder, 'socket');
    this.#data = join(folder, 'data');
    this.#binaries = binaries;
    this.#account = account;
    if (Buffer.byteLength(this.sockets) > longestFolder) {
      const message = `the path ${this.sockets} is too long for the database's socket (${longestFolder} bytes)`;
      throw new ShakedownError({ message, hint: 'use a data folder with a shorter path' });
    }
  }

  async make(): Promise<void> {
    for (const place of [this.folder, this.sockets]) this.#own(place);
    if (!existsSync(this.#data)) {
      const aside = `${this.#data}.new`;
      rmSync(aside, { recursive: true, force: true });
      const wishes = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', `--username=${this.user}`];
      await this.#run('initdb', [...wishes, '--pgdata', aside]);
      renameSync(aside, this.#data);
    }
    writeFileSync(join(this.#data, 'postgresql.conf'), settings(this.sockets));
  }

  async start(): Promise<void> {
    // What a killed one left may still be about to end.
    await retry(
      async () => {
        if (this.process()) return;
        const log = join(this.folder, 'log');
        await this.#run('pg_ctl', ['start', '-w', '-s', '-D', this.#data, '-l', log]);
      },
      { within: 30, delayMs: 200 },
    );
  }

  async stop(): Promise<void> {
    if (this.process()) await this.#run('pg_ctl', ['stop', '-w', '-s', '-m', 'fast', '-D', this.#data]);
  }

  /**
   * Its first process, if that runs (postmaster.pid: the pid is in the first line, the folder in the second).
   */
  process(): ProcessIdentity | undefined {
    const file = join(this.#data, 'postmaster.pid');
    if (!existsSync(file)) return undefined;
    const [pid, folder] = readFileSync(file, 'utf8').split('\n');
    const identity = processIdentity(Number(pid));
    return folder === this.#data && identity.startTime !== undefined && isAlive(identity)
      ? identity
      : undefined;
  }

  #own(place: string): void {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    if (this.#account) chownSync(place, this.#account.uid, this.#account.gid);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const ended = await execa(join(this.#binaries, program), args, {
      // Its server outlives it, and would hold pipes open.
      stdio: ['ignore', 'ignore', program === 'initdb' ? 'pipe' : 'ignore'],
      ...(this.#account ?? {}),
      cwd: this.folder,
      reject: false,
    });
    if (ended.exitCode === 0) return;
    const lastLines = String(ended.stderr || ended.shortMessage).split('\n');
    throw new ShakedownError({
      message: `PostgreSQL's ${program} failed in ${this.folder}`,
      ...(ended.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
      lastLines: lastLines.slice(-5),
      log: join(this.folder, 'log'),
      hint: 'the account postgres must be able to enter that folder and all above it',
    });
  }
}

const settings = (sockets: string): string =>
  [
    "listen_addresses = ''",
    `unix_socket_directories = '${sockets.replaceAll("'", "''")}'`,
    'unix_socket_permissions = 0700',
    'max_connections = 60',
    'shared_buffers = 32MB',
    "timezone = 'UTC'",
    '',
  ].join('\n');
