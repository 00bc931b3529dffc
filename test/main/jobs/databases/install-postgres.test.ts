import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { jobServer } from '../../../../main/commands/host/doctor-host.ts';
import { openDatabase } from '../../../../main/jobs/databases/open-database.ts';
import { postgresBinaries } from '../../../../main/jobs/databases/postgres-binaries.ts';
import { dataFolder } from '../fixtures/three-databases.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/**
 * A machine without PostgreSQL: its apt does what `script` says, with `$versions` for where that goes, and
 * notes what it was asked.
 */
function machineWithout(script: string) {
  const folder = dataFolder();
  const places = { versions: join(folder, 'versions'), settings: join(folder, 'etc/createcluster.d') };
  const asked = join(folder, 'asked');
  const programs = {
    'apt-get': `echo "$DEBIAN_FRONTEND $*" >>'${asked}'; versions='${places.versions}'; ${script}`,
    'dpkg-query': 'exit 1',
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  const heard: string[] = [];
  const data = join(folder, 'data');
  const open = (more: object = {}) =>
    openDatabase({ folder: data, places, install: true, tell: (line) => heard.push(line), ...more });
  const calls = () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : []);
  return { open, heard, calls, data, settings: join(places.settings, 'shakedown.conf') };
}

const binaries = postgresBinaries() ?? '/there is no PostgreSQL';
const installs = `mkdir -p "$versions/15" && ln -s '${binaries}' "$versions/15/bin"`;
const noMirror =
  'echo "Err:1 http://deb.example bookworm InRelease"; echo "E: Failed to fetch it" >&2; exit 100';

test('root’s first start installs PostgreSQL, of which Debian makes no cluster, and says so', async () => {
  const asked = `[ -s "$(dirname "$versions")/etc/createcluster.d/shakedown.conf" ] && ${installs}`;
  const { open, heard, calls, settings } = machineWithout(asked);
  await using database = await open();
  expect(database.about).toContain('private PostgreSQL in');
  expect((await database.ask('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
  expect(readFileSync(settings, 'utf8')).toBe('create_main_cluster = false\n');
  expect(calls()).toEqual([expect.stringMatching(/^noninteractive .*install -y .*postgresql$/)]);
  expect(heard).toEqual([
    expect.stringContaining('PostgreSQL is not on this machine'),
    'installing on the main host: postgresql',
    expect.stringMatching(/is installed, after \d+ s/),
  ]);
});

test('a second start has nothing to install', async () => {
  const { open, calls } = machineWithout(installs);
  await (await open())[Symbol.asyncDispose]();
  await (await open())[Symbol.asyncDispose]();
  expect(calls()).toHaveLength(1);
});

test.each([
  ['no mirror', noMirror, 'E: Failed to fetch it'],
  [
    'a lock that is held',
    'echo "E: Could not get lock /var/lib/dpkg/lock-frontend" >&2; exit 100',
    'lock-frontend',
  ],
])(
  'an installation that fails (%s) ends the start, with apt’s last lines and what to do',
  async (_what, script, line) => {
    const { open, data } = machineWithout(script);
    const failed = open();
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining('could not be installed'),
      details: {
        lastLines: expect.arrayContaining([expect.stringContaining(line)]),
        hint: expect.stringContaining('with --no-install, for a trial database'),
      },
    });
    // Nothing of a trial database, which would stay in use.
    expect(readdirSync(data).filter((name) => /postgres|pglite/.test(name))).toEqual([]);
    await using trial = await open({ install: false });
    expect(trial.about).toContain('trial database');
  },
);

test('data of a PostgreSQL are not left for a trial database', async () => {
  const { open, data } = machineWithout(installs);
  await (await open())[Symbol.asyncDispose]();
  const bare = machineWithout(noMirror);
  await expect(bare.open({ folder: data })).rejects.toMatchObject({
    details: { hint: expect.not.stringContaining('--no-install') },
  });
  await expect(bare.open({ folder: data, install: false })).rejects.toThrow('are those of a PostgreSQL');
});

test('a trial database stays in use, and nothing is installed for it', async () => {
  const { open, calls } = machineWithout(installs);
  await (await open({ install: false }))[Symbol.asyncDispose]();
  await using database = await open();
  expect([database.about, calls()]).toEqual([expect.stringContaining('trial database'), []]);
});

test('nothing is installed where the server shall not, or has a database elsewhere', async () => {
  const { open, calls } = machineWithout(installs);
  await expect(open({ url: 'postgres://nobody@127.0.0.1:1/x' })).rejects.toThrow('does not answer');
  await (await open({ binaries: false }))[Symbol.asyncDispose]();
  expect(calls()).toEqual([]);
});

test('doctor tells which database a job server would have', () => {
  expect(jobServer({}, '/usr/lib/postgresql/17/bin', false)).toMatchObject({ ok: true });
  expect(jobServer({}, undefined, true)).toMatchObject({
    ok: true,
    found: expect.stringContaining('installs PostgreSQL'),
  });
  expect(jobServer({ DATABASE_URL: 'postgres://ci@db/x' }, undefined, false)).toMatchObject({
    ok: true,
    found: expect.not.stringContaining('ci@db'),
  });
  expect(jobServer({}, undefined, false)).toMatchObject({
    ok: false,
    needed: false,
    mend: 'apt-get install postgresql, before its first start',
  });
});
