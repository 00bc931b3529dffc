import { existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { postgresCanBeInstalled, postgresPackage } from '../../jobs/databases/install-postgres.ts';
import { postgresBinaries } from '../../jobs/databases/postgres-binaries.ts';
import type { CommandEnvironment } from '../command.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Without it nothing works. */
  readonly needed: boolean;
  readonly found: string;
  readonly mend?: string;
}

/** What the main host itself has: its Node, ssh's crypto, room on disks, memory, a database. */
export const mainHostFindings = (environment: CommandEnvironment): readonly Finding[] => [
  nodeVersion(),
  sshCrypto(),
  ...diskSpace(environment),
  memory(),
  jobServer(environment.env, postgresBinaries(), postgresCanBeInstalled()),
];

/** Which database a job server started here would have. */
export function jobServer(
  { DATABASE_URL }: CommandEnvironment['env'],
  binaries: string | undefined,
  canBeInstalled: boolean,
): Finding {
  const about = { name: 'job server', needed: false };
  if (DATABASE_URL) return { ...about, ok: true, found: 'uses the PostgreSQL at DATABASE_URL' };
  if (binaries) return { ...about, ok: true, found: `runs a PostgreSQL of its own (${binaries})` };
  if (canBeInstalled) {
    return { ...about, ok: true, found: 'installs PostgreSQL by apt at its first start' };
  }
  const found = 'has a trial database only, which outlives no power cut: there is no PostgreSQL here';
  return { ...about, ok: false, found, mend: `apt-get install ${postgresPackage}, before its first start` };
}

const nodeVersion = (): Finding => ({
  name: 'Node',
  ok: true,
  needed: true,
  found: `${process.version} (${process.execPath})`,
});

/**
 * ssh2 falls back from its native crypto to JavaScript without a word; that costs half of the speed or more.
 */
function sshCrypto(): Finding {
  const require = createRequire(import.meta.url);
  try {
    require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return { name: 'ssh2 crypto', ok: true, needed: false, found: 'native' };
  } catch {
    const headers = [`node_modules/node-linux-${process.arch}`, dirname(dirname(process.execPath))];
    const found = headers.find((directory) => existsSync(`${directory}/include/node`));
    const nodedir = found === undefined ? '' : ` --nodedir=${found}`;
    return {
      name: 'ssh2 crypto',
      ok: false,
      needed: false,
      found: 'JavaScript, the slow one',
      mend: `apt-get install python3 make g++ && npm rebuild ssh2 cpu-features${nodedir}`,
    };
  }
}

function diskSpace({ cacheDir, cwd }: CommandEnvironment): Finding[] {
  return [
    ['disk for the cache', existing(cacheDir)],
    ['disk here', cwd],
  ].map(([name = '', path = '/']) => {
    const { bavail, bsize } = statfsSync(path);
    const free = (bavail * bsize) / 1024 ** 3;
    return {
      name,
      ok: free > 2,
      needed: false,
      found: `${free.toFixed(1)} GiB free in ${path}`,
      mend: 'make room: 2 GiB are little',
    };
  });
}

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

function memory(): Finding {
  const [free, all] = [freemem(), totalmem()].map((bytes) => (bytes / 1024 ** 3).toFixed(1));
  return {
    name: 'memory',
    ok: freemem() > 512 * 1024 ** 2,
    needed: false,
    found: `${free} of ${all} GiB free`,
    mend: 'a small node takes 50 MiB, a real service more',
  };
}
