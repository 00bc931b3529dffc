import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { startServer } from '../../../../main/jobs/server/start-server.ts';
import { ask } from '../fixtures/a-server.ts';
import { TestWorker } from '../fixtures/test-worker.ts';
import { databaseFor, dataFolder } from '../fixtures/three-databases.ts';

const mebibyte = 1024 * 1024;

const database = databaseFor('private');
const place = dataFolder();

/** A disk of its own, as large as told. */
function disk(name: string, size: string): string {
  const folder = join(place, name);
  mkdirSync(folder, { mode: 0o711 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=711`, 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Fills it to its last byte; what it gives makes room again. */
function fill(folder: string): () => void {
  const ballast = join(folder, 'ballast');
  for (const size of [mebibyte, 4096]) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // It is full.
    }
  }
  return () => rmSync(ballast);
}

/** A server whose files lie on that disk, and its database as told. */
async function serverOn(folder: string, databaseUrl?: string) {
  const heard: string[] = [];
  const tell = (line: string) => void heard.push(line);
  const server = await startServer({ folder, databaseUrl, host: '127.0.0.1', port: 0, tell });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { url } = server;
  const { rows } = databaseUrl ? await database().ask('SELECT 1 FROM tokens') : { rows: [] };
  const token = server.firstToken ?? '';
  expect([token !== '', rows.length]).toEqual([true, databaseUrl ? 1 : 0]);
  return { url, token, heard, api: new JobsApi({ server: url, token }) };
}

/** What is asked of a server, by who asks it at `url`. */
async function overheard(server: string) {
  const asked: string[] = [];
  const between = createServer((request, response) => {
    const { method, url, headers } = request;
    asked.push(`${method} ${url}`);
    const on = send(server + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    on.on('error', () => response.destroy());
    request.pipe(on);
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  onTestFinished(() => {
    between.closeAllConnections();
    between.close();
  });
  const times = (what: string) => asked.filter((each) => each.startsWith(what)).length;
  return { url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`, times };
}

const postgresUrl = async (): Promise<string> => {
  const { rows } = await database().ask('SHOW unix_socket_directories');
  return `postgres://shakedown@${encodeURIComponent(rows[0].unix_socket_directories)}/postgres`;
};

test('a server’s disk is full: uploads are told with 507, a worker delivers all of it once there is room', async () => {
  const folder = disk('files', '6m');
  const { url, token, heard, api } = await serverOn(folder, await postgresUrl());
  const makeRoom = fill(folder);
  const file = join(place, 'artifact');
  writeFileSync(file, Buffer.alloc(2 * mebibyte, 'a'));
  const between = await overheard(url);
  const worker = new TestWorker({ server: between.url, token, name: 'w', folder: join(place, 'worker') });
  worker.jobtypes = 't';
  const begun = Promise.withResolvers<string>();
  worker.act = async ({ job, number }, context) => {
    begun.resolve(`/api/jobs/${job}/attempts/${number}`);
    await context.log('x'.repeat(mebibyte));
    await context.addArtifact('a', file);
    return 'all of it';
  };
  onTestFinished(() => worker.stop({ endJobs: true }));
  const id = await api.submit({ type: 't' });
  worker.start();
  const type = 'application/octet-stream';
  const body = 'y'.repeat(mebibyte);
  const attempt = await begun.promise;
  const none = '0'.repeat(64);
  for (const [method, path] of [
    ['PUT', `${attempt}/artifacts/other`],
    ['POST', `${attempt}/log?offset=0`],
    ['PUT', `/api/packages/${none}`],
  ] as const) {
    const answer = await ask(url + path, method, { token, body, type });
    expect(answer.json(), path).toMatchObject({ status: 507, detail: expect.stringContaining('no room') });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  }
  expect(heard.join()).toContain('ENOSPC');
  expect(readdirSync(join(folder, 'files')).filter((name) => name.startsWith('incoming'))).toEqual([]);
  expect((await api.job(id)).state).toBe('running');
  // It asks whether there is room, instead of sending all of it again and again.
  const room = `GET /api/room?bytes=${2 * mebibyte}`;
  await vi.waitFor(() => expect(between.times(room)).toBeGreaterThan(2));
  expect(between.times(`PUT ${attempt}/artifacts/a`)).toBe(1);
  makeRoom();
  await vi.waitFor(async () => expect((await api.job(id)).state).toBe('done'));
  expect(between.times(`PUT ${attempt}/artifacts/a`)).toBe(2);
  expect((await api.job(id)).attempts).toMatchObject([{ outcome: 'done', result: 'all of it' }]);
  expect(await api.artifacts(id)).toMatchObject([{ path: 'a', size: 2 * mebibyte }]);
  expect((await api.log(id, 0, 0)).bytes.length).toBe(mebibyte);
});

test('the disk of a server’s own PostgreSQL is full: what it cannot keep it refuses, and it goes on with room', async () => {
  const folder = disk('all', '120m');
  const { url, token, api } = await serverOn(folder);
  const id = await api.submit({ type: 'before' });
  const makeRoom = fill(folder);
  const kept: string[] = [];
  let refused = 0;
  // PostgreSQL has room of its own in files that it made before.
  for (let each = 0; refused === 0 && each < 400; each++) {
    const fields = Array.from({ length: 200 }, () => Math.random().toString(36).repeat(300));
    const body = JSON.stringify({ type: 'large', fields });
    const answer = await ask(`${url}/api/jobs`, 'POST', { token, body });
    expect([201, 503, 507], answer.text).toContain(answer.status);
    if (answer.status === 201) kept.push(answer.json().id);
    else refused++;
  }
  expect(refused).toBe(1);
  makeRoom();
  await vi.waitFor(() => api.submit({ type: 'after' }));
  for (const each of [id, ...kept]) expect((await api.job(each)).state).toBe('queued');
});

test('the disk of a worker is full: it takes no job, says so, and a result that it has is not lost', async () => {
  const folder = disk('worker-disk', '24m');
  const { url, token, api } = await serverOn(disk('server-disk', '200m'));
  const heard: string[] = [];
  const options = { server: url, token, name: 'full', beatSeconds: 1, folder };
  const worker = new TestWorker({ ...options, tell: (line) => heard.push(line) });
  onTestFinished(() => worker.stop({ endJobs: true }));
  worker.jobtypes = 't';
  let makeRoom = () => {};
  worker.act = async () => {
    makeRoom = fill(folder);
    return 'x'.repeat(10_000);
  };
  const ids = [await api.submit({ type: 't' }), await api.submit({ type: 't' })];
  worker.start();
  await vi.waitFor(async () => expect((await api.job(ids[0] ?? '')).state).toBe('done'));
  expect(heard.join()).toMatch(/is not on the disk, only in memory: ENOSPC/);
  await vi.waitFor(() => expect(heard.join()).toContain('takes no job: the disk of'));
  await vi.waitFor(async () => {
    const workers = (await ask(`${url}/api/workers`, 'GET', { token })).json();
    expect(workers).toMatchObject([{ client_info: { problem: expect.stringContaining('takes no job') } }]);
  });
  expect((await api.job(ids[1] ?? '')).state).toBe('queued');
  worker.act = async () => 'again';
  makeRoom();
  await vi.waitFor(async () => expect((await api.job(ids[1] ?? '')).state).toBe('done'));
  expect(statSync(join(folder, 'results')).isDirectory()).toBe(true);
  expect(readdirSync(join(folder, 'results'))).toEqual([]);
});
