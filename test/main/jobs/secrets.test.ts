import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { declaredSecrets, scenarioSecrets } from '../../../main/jobs/client/declared-secrets.ts';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { openDatabase } from '../../../main/jobs/databases/open-database.ts';
import { startServer } from '../../../main/jobs/server/start-server.ts';
import { MaskedStream } from '../../../main/secrets/mask-stream.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';
import { folder } from '../remotes/fake-node.ts';
import { ask } from './fixtures/a-server.ts';
import { TestWorker } from './fixtures/test-worker.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const value = 'geheim "7&9" für niemand';
const place = dataFolder();

/** Every spelling of it that is found in a text. */
const found = (text: string): readonly string[] =>
  [...new Secrets({ token: value }).spellings.keys()].filter((spelling) => text.includes(spelling));

/** All files below a folder, as one text. */
const filesOf = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

test('a job’s secret reaches its worker, and is in nothing that server, worker or database tell or keep', async () => {
  const heard: string[] = [];
  const tell = (line: string) => void heard.push(line);
  const server = await startServer({ folder: place, host: '127.0.0.1', port: 0, tell });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { url, firstToken: token = '' } = server;
  const api = new JobsApi({ server: url, token });
  const options = { server: url, token, name: 'w', folder: join(place, 'worker'), tell };
  const worker = new TestWorker(options);
  onTestFinished(() => worker.stop({ endJobs: true }));
  worker.jobtypes = 't';
  const [claimed, goOn] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  worker.act = async ({ secrets = [] }, context) => {
    const [secret] = secrets;
    claimed.resolve(secret?.value ?? '');
    await goOn.promise;
    const bytes = Buffer.from(`it is ${value}.\n`);
    for (const byte of bytes) await context.log(Buffer.from([byte]));
    await context.log(value.slice(0, -1));
    const file = join(context.folder, 'found');
    writeFileSync(file, `x ${value} ${Buffer.from(value).toString('base64')}`);
    await context.addArtifact('found', file);
    await context.tellEvents([
      { at: 1, type: 'run-started', eventsVersion: 1, run: 'r', scenario: 's', directory: '/' },
      { at: 2, type: 'check-started', name: `knows ${value}` },
    ]);
    return { told: [value, JSON.stringify({ value })] };
  };
  const id = await api.submit({ type: 't', secrets: [{ name: 'token', value, env: 'TOKEN' }] });
  worker.start();
  expect(await claimed.promise).toBe(value);
  const tables = async () => {
    const socket = encodeURIComponent(join(place, 'postgres/socket'));
    const address = `postgres://shakedown@${socket}/postgres`;
    await using database = await openDatabase({ folder: place, url: address, tell });
    await database.ask('CHECKPOINT');
    const { rows } = await database.ask(
      "SELECT table_schema || '.' || table_name AS name FROM information_schema.tables WHERE table_schema IN ('public', 'pgboss')",
    );
    const all = rows.map(({ name }) => database.ask(`SELECT row_to_json(t)::text AS row FROM ${name} t`));
    return (await Promise.all(all)).flatMap(({ rows: found }) => found.map(({ row }) => row)).join('\n');
  };
  // While it runs, the database has it encrypted, and its files have nothing else.
  expect(await tables()).toContain('sealed');
  expect(found(await tables())).toEqual([]);
  const told = async () =>
    (
      await Promise.all(
        ['jobs', `jobs/${id}`, `jobs/${id}/log`, `jobs/${id}/artifacts`, 'workers'].map(
          async (path) => (await ask(`${url}/api/${path}`, 'GET', { token })).text,
        ),
      )
    ).join('\n');
  expect(found(await told())).toEqual([]);
  expect((await api.job(id)).spec).toMatchObject({ secrets: ['token'] });
  goOn.resolve();
  await vi.waitFor(async () => expect((await api.job(id)).state).toBe('done'));
  const log = (await api.log(id, 0, 0)).bytes.toString();
  expect(log).toBe('it is [secret token].\n[secret token]');
  expect((await api.job(id)).checks).toMatchObject([{ name: 'knows [secret token]' }]);
  expect(found(await told())).toEqual([]);
  await vi.waitFor(async () => expect(await tables()).not.toContain('sealed'));
  expect(found(await tables())).toEqual([]);
  expect(found(heard.join('\n'))).toEqual([]);
  // Of the server, its database and the worker.
  expect(found(filesOf(place))).toEqual([]);
  await expect(api.act(id, 'retry')).rejects.toThrow('were deleted with its end');
});

test.each([
  ['a name that is none', { secrets: [{ name: 'a b', value }] }],
  ['an unknown field', { secrets: [{ name: 'a', value, extra: 1 }] }],
  ['no text', { secrets: [{ name: 'a', value: 7 }] }],
])('a secret with %s is refused, and not told', async (_what, more) => {
  const server = await startServer({
    folder: dataFolder(),
    host: '127.0.0.1',
    port: 0,
    tell: () => undefined,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const body = JSON.stringify({ type: 't', ...more });
  const answer = await ask(`${server.url}/api/jobs`, 'POST', { token: server.firstToken ?? '', body });
  expect(answer.status).toBe(400);
  expect(found(answer.text)).toEqual([]);
});

describe('a stream', () => {
  const secrets = new Secrets({ token: value, other: 'aaaaab' });

  test.each([1, 2, 3, 7, 1000])('is masked also where its pieces have %s bytes', (size) => {
    const bytes = Buffer.from(`x${value}y aaaaaab ${Buffer.from(value).toString('hex')}\nüaaaaa`);
    const stream = new MaskedStream(secrets);
    const passed: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) passed.push(stream.write(bytes.subarray(at, at + size)));
    passed.push(stream.end());
    expect(Buffer.concat(passed).toString()).toBe(
      'x[secret token]y a[secret other] [secret token]\nü[secret other]',
    );
  });

  test('passes on at once what begins no secret', () => {
    const stream = new MaskedStream(secrets);
    expect(stream.write('a line\n').toString()).toBe('a line\n');
    expect(stream.write(Buffer.from([0, 255, 10]))).toEqual(Buffer.from([0, 255, 10]));
  });
});

describe('secrets that travel are declared', () => {
  test('from the environment and from files, by names of one’s own', () => {
    const directory = folder();
    writeFileSync(join(directory, 'key'), 'from a file\n');
    const flags = ['env:TOKEN', 'file:key', 'db=file:key'];
    const where = { directory, env: { TOKEN: 'the token' } };
    const { secrets, files } = declaredSecrets(flags, where);
    expect(secrets).toEqual([
      { name: 'TOKEN', value: 'the token', env: 'TOKEN' },
      { name: 'key', value: 'from a file', env: 'key' },
      { name: 'db', value: 'from a file', env: 'db' },
    ]);
    const key = join(directory, 'key');
    expect([...files]).toEqual([
      ['key', key],
      ['db', key],
    ]);
    for (const bad of [['env:NONE'], ['file:none'], ['hunter22'], ['env:TOKEN', 'env:TOKEN']]) {
      expect(() => declaredSecrets(bad, where), bad.join()).toThrow(/--secret/);
    }
    expect(() => declaredSecrets(['hunter22'], where)).not.toThrow('hunter22');
  });

  test('those of a scenario, too; what is not declared is named, never read by accident', () => {
    const secret = (name: string) => ({ name, value: 'something', env: name });
    const named = [
      { name: 'db', source: 'env:DB_PASSWORD' },
      { name: 'key', source: 'file:../keys/main', file: 'keys/main' },
    ];
    expect(scenarioSecrets(named, [secret('db'), secret('key'), secret('more')])).toEqual([
      { name: 'db', value: 'something', env: 'DB_PASSWORD' },
      { name: 'key', value: 'something', file: 'keys/main' },
      { name: 'more', value: 'something', env: 'more' },
    ]);
    expect(() => scenarioSecrets(named, [secret('db')])).toThrow('key (--secret key=file:../keys/main)');
  });
});
