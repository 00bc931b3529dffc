import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { appOf } from '../../../main/jobs/server/app.ts';
import { aServer, ask } from './fixtures/a-server.ts';

const server = aServer({ limits: { artifact: 100, package: 100 } });
const none = '0'.repeat(64);

const register = (more: Record<string, unknown> = {}) => ({
  ...{ protocol: 1, name: 'raw', capabilities: { jobtypes: 'raw' }, slots: 1 },
  ...more,
});

/** As a worker in another language would, without a class of ours. */
async function post(path: string, body: unknown, method = 'POST') {
  const { url, token } = server();
  return await ask(url + path, method, { token, body: JSON.stringify(body) });
}

/** A job that a raw worker has begun. */
async function begun(lease = 600): Promise<string> {
  const type = `raw-${Math.random()}`;
  const worker = await post('/api/workers', register({ capabilities: { jobtypes: [type] } }));
  await post('/api/jobs', { type });
  const claim = { worker: worker.json().id, request: type, lease };
  const claimed = (await post('/api/claims', claim)).json();
  expect((await post('/api/claims', claim)).json()).toEqual(claimed);
  return `/api/jobs/${claimed.job}/attempts/${claimed.number}`;
}

describe('who may do what', () => {
  test('nothing without a valid token but to see that it lives and what it offers', async () => {
    const { url } = server();
    for (const token of [undefined, 'sd_wrong', '']) {
      for (const path of ['/api/jobs', '/api/tokens', `/api/packages/${none}`]) {
        const answer = await ask(url + path, 'GET', token === undefined ? {} : { token });
        expect(answer.status, path).toBe(401);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
    }
    for (const path of ['/healthz', '/readyz', '/openapi.json'])
      expect((await ask(url + path, 'GET')).status).toBe(200);
  });

  test.each([
    ['read', 'POST', '/api/jobs'],
    ['read', 'POST', '/api/claims'],
    ['worker', 'POST', '/api/jobs'],
    ['worker', 'GET', '/api/tokens'],
    ['submit', 'POST', '/api/claims'],
    ['submit', 'POST', '/api/tokens'],
    ['read', 'PUT', `/api/packages/${none}`],
  ])('%s may not %s %s', async (role, method, path) => {
    const { url, admin } = server();
    const { token } = await admin.makeToken(role, role);
    const answer = await ask(url + path, method, { token, ...(method === 'GET' ? {} : { body: '{}' }) });
    expect(answer.json()).toMatchObject({ status: 403, detail: expect.stringContaining(role) });
  });

  test('a token that was revoked or has expired is none', async () => {
    const { url, admin } = server();
    const { id, token } = await admin.makeToken('short', 'read');
    expect((await ask(`${url}/api/jobs`, 'GET', { token })).status).toBe(200);
    await admin.revokeToken(id);
    expect((await ask(`${url}/api/jobs`, 'GET', { token })).status).toBe(401);
    const past = { name: 'past', role: 'read', expires: '2020-01-01T00:00:00Z' };
    const expired = (await post('/api/tokens', past)).json().token;
    expect((await ask(`${url}/api/jobs`, 'GET', { token: expired })).status).toBe(401);
  });

  test('a token is kept as its hash alone', async () => {
    const tokens = JSON.stringify((await post('/api/tokens', { name: 'n', role: 'read' })).json());
    expect(JSON.stringify(await server().admin.tokens())).not.toContain(JSON.parse(tokens).token);
  });
});

describe('bad input is refused with a sentence', () => {
  test.each([
    ['malformed JSON', '/api/jobs', '{"type":', 400],
    ['not an object', '/api/jobs', '[]', 400],
    ['no type', '/api/jobs', '{}', 400],
    ['a wrong type', '/api/jobs', '{"type":"run","priority":"high"}', 400],
    ['a number too large', '/api/jobs', '{"type":"run","attempts":1000}', 400],
    ['a package that is not there', '/api/jobs', `{"type":"run","package":"${none}"}`, 400],
    ['more than a megabyte', '/api/jobs', JSON.stringify({ type: 'x', fill: 'x'.repeat(1_100_000) }), 413],
    ['an unknown field', '/api/claims', '{"worker":"w","request":"r","extra":1}', 400],
    ['an unknown worker', '/api/claims', '{"worker":"w","request":"r"}', 404],
    ['an older protocol', '/api/workers', JSON.stringify(register({ protocol: 0 })), 400],
    ['an unknown role', '/api/tokens', '{"name":"x","role":"king"}', 400],
    ['a job that is not there', '/api/jobs/none/cancel', '{}', 404],
    ['a place that is not there', '/api/nothing', '{}', 404],
    ['a name that no database has', '/api/jobs/a%00b/cancel?x=%00', '{}', 400],
    [
      'what is nested without end',
      '/api/jobs',
      `{"type":"x","a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      400,
    ],
  ])('%s', async (_what, path, body, status) => {
    const { url, token } = server();
    const answer = await ask(url + path, 'POST', { token, body });
    expect(answer.json()).toMatchObject({ type: 'about:blank', status, detail: expect.stringMatching(/\w/) });
    expect(answer.text).not.toMatch(/node_modules|at \w+ \(/);
  });

  test('a word that is none of those that may be there: they are listed', async () => {
    const { url, token } = server();
    const answer = await ask(`${url}/api/tokens`, 'POST', { token, body: '{"name":"x","role":"king"}' });
    expect(answer.json().detail).toBe('role: expected one of admin, submit, worker, read');
  });

  test('what testbot’s users add is kept: in a job, in capabilities, in client_info', async () => {
    const { admin, url, token } = server();
    const id = await admin.submit({ type: 'mine', colour: { deep: ['red'] } });
    expect((await admin.job(id)).spec).toMatchObject({ colour: { deep: ['red'] } });
    const capabilities = { jobtypes: ['mine'], gpu: 2 };
    await post('/api/workers', register({ name: 'extra', capabilities, client_info: { any: 1 } }));
    const workers = (await ask(`${url}/api/workers`, 'GET', { token })).json() as { name: string }[];
    expect(workers.find(({ name }) => name === 'extra')).toMatchObject({
      capabilities: { gpu: 2, jobtypes: ['mine'] },
      client_info: { any: 1 },
    });
  });
});

describe('an attempt', () => {
  test('is its worker’s alone: whoever has another token can do nothing with it or with the worker', async () => {
    const { url, admin, workerToken } = server();
    const attempt = await begun();
    const others = [workerToken, (await admin.makeToken('other', 'admin')).token];
    const asked: [string, string, string?][] = [
      ['POST', 'lease'],
      ['POST', 'result', '{"verdict":"pass","result":1}'],
      ['POST', 'events', '{"from":0,"events":[]}'],
      ['POST', 'log?offset=0', 'x'],
      ['PUT', 'artifacts/x', 'x'],
    ];
    for (const token of others) {
      for (const [method, path, body] of asked) {
        const type = body === 'x' ? 'application/octet-stream' : 'application/json';
        const request = { token, type, ...(body === undefined ? {} : { body }) };
        const answer = await ask(`${url}${attempt}/${path}`, method, request);
        expect(answer.json(), path).toMatchObject({
          status: 403,
          detail: expect.stringContaining('another'),
        });
      }
    }
    expect((await post(`${attempt}/lease`, {})).status).toBe(204);
    const worker = (await post('/api/workers', register())).json().id;
    for (const [method, path, body] of [
      ['POST', `/api/workers/${worker}/beat`, '{}'],
      ['DELETE', `/api/workers/${worker}`, '{}'],
      ['POST', '/api/claims', JSON.stringify({ worker, request: 'x' })],
    ] as const) {
      expect((await ask(url + path, method, { token: workerToken, body })).status, path).toBe(403);
    }
  });

  test('tells how far it is by events, which count once, however often they come', async () => {
    const attempt = await begun();
    const [, , , id = ''] = attempt.split('/');
    const events = [
      { at: 5, type: 'run-started' },
      { at: 15, type: 'phase-started', phase: 'check' },
      { at: 20, type: 'check-started', name: 'a\0b\ud800' },
    ];
    expect((await post(`${attempt}/events`, { from: 0, events })).json()).toEqual({ count: 3 });
    expect((await post(`${attempt}/events`, { from: 2, events: events.slice(2) })).json().count).toBe(3);
    expect((await post(`${attempt}/events`, { from: 4, events })).status).toBe(409);
    const progress = {
      phases: [{ phase: 'check', state: 'running', startMs: 10, durationMs: null }],
      ...{ nodes: [], failures: [] },
      checks: [{ name: 'a\ufffdb\ufffd', state: 'running', durationMs: null }],
    };
    expect(await server().admin.job(id)).toMatchObject({ ...progress, attempts: [{ progress }] });
  });

  test('has a result with characters that no database keeps', async () => {
    const attempt = await begun();
    const [, , , id = ''] = attempt.split('/');
    const result = { 'k\0': ['\0', '\udfff x'] };
    expect((await post(`${attempt}/result`, { verdict: 'pass', result })).status).toBe(204);
    const kept = { 'k\ufffd': ['\ufffd', '\ufffd x'] };
    expect((await server().admin.job(id)).attempts).toMatchObject([{ result: kept }]);
  });

  const send = (path: string, body: string, type = 'application/octet-stream', method = 'PUT') =>
    ask(server().url + path, method, { token: server().token, body, type });

  test('keeps artifacts, and gives them back so that no browser runs them', async () => {
    const attempt = await begun();
    expect((await send(`${attempt}/artifacts/a/b%20c.html`, '<script>')).status).toBe(201);
    const { headers, text } = await ask(`${server().url}${attempt}/artifacts/a/b%20c.html`, 'GET', {
      token: server().token,
    });
    expect(text).toBe('<script>');
    expect(headers.get('content-security-policy')).toBe('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each(['..%2Fx', 'a/%2e%2e/%2e%2e/x', '%2Fetc%2Fpasswd', 'a//b', 'a%00b', 'a%5Cb', 'x'.repeat(300)])(
    'takes no artifact called %s',
    async (path) => {
      const { status } = await send(`${await begun()}/artifacts/${path}`, 'x');
      expect([400, 404, 414]).toContain(status);
    },
  );

  test('takes no artifact or package that is too large or not what it should be', async () => {
    expect((await send(`${await begun()}/artifacts/big`, 'x'.repeat(101))).status).toBe(413);
    expect((await send(`/api/packages/${none}`, 'x'.repeat(101))).status).toBe(413);
    expect((await send(`/api/packages/${none}`, 'x')).json().detail).toContain('SHA-256');
    expect((await send('/api/packages/..%2Fx', 'x')).status).toBe(400);
    expect((await send(`${await begun()}/artifacts/json`, '{}', 'application/json')).status).toBe(415);
  });

  test('has its log once, however often a piece comes', async () => {
    const attempt = await begun();
    const log = (offset: number, text: string) =>
      send(`${attempt}/log?offset=${offset}`, text, 'application/octet-stream', 'POST');
    expect((await log(0, 'one ')).json()).toEqual({ size: 4 });
    expect((await log(0, 'one two')).json()).toEqual({ size: 7 });
    expect((await log(4, 'two')).json()).toEqual({ size: 7 });
    expect((await log(9, 'late')).status).toBe(409);
    const [, , , id = ''] = attempt.split('/');
    const { bytes, isOver } = await server().admin.log(id, 4, 0);
    expect([bytes.toString(), isOver]).toEqual(['two', false]);
  });

  test('that was given up has its late result, log and artifacts refused', async () => {
    const attempt = await begun(1);
    const [, , , id = ''] = attempt.split('/');
    await vi.waitFor(async () => expect((await server().admin.job(id)).state).toBe('queued'));
    const late = await post(`${attempt}/result`, { verdict: 'pass', result: 1 });
    expect(late.json()).toMatchObject({ status: 409, title: 'Too late' });
    expect((await post(`${attempt}/lease`, {})).status).toBe(409);
    expect((await send(`${attempt}/artifacts/x`, 'x')).status).toBe(409);
    expect((await server().admin.job(id)).attempts).toMatchObject([{ number: 1, outcome: 'lost' }]);
  });
});

test('a server whose database is away lives, and is not ready', async () => {
  const database = { about: '', ask: () => Promise.reject(new Error('it is away')) };
  const told: string[] = [];
  const limits = { artifact: 1, package: 1 };
  const parts = { database, limits, files: {}, accounts: {}, closing: AbortSignal.abort() };
  const app = await appOf(parts as never, (line) => told.push(line));
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  const { statusCode, body } = await app.inject('/readyz');
  expect([statusCode, JSON.parse(body).detail]).toEqual([503, 'the database does not answer']);
  await app.close();
});

test('unknown fields are refused everywhere but in a job, which its worker may understand', async () => {
  const { paths } = (await ask(`${server().url}/openapi.json`, 'GET')).json();
  type Body = { readonly additionalProperties?: unknown };
  type Route = { readonly requestBody?: { readonly content?: Readonly<Record<string, { schema: Body }>> } };
  const open = Object.entries(paths as Record<string, Record<string, Route>>).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) => {
      const body = requestBody?.content?.['application/json']?.schema;
      return body && body.additionalProperties !== false ? [`${method} ${path}`] : [];
    }),
  );
  expect(open).toEqual(['post /api/jobs']);
  const { url, token } = server();
  for (const path of ['/api/jobs?colour=red', '/api/jobs/x/log?colour=red', '/api/room?bytes=1&colour=red']) {
    expect((await ask(url + path, 'GET', { token })).status, path).toBe(400);
  }
});

test('the OpenAPI description has every route', async () => {
  const { paths, openapi } = (await ask(`${server().url}/openapi.json`, 'GET')).json();
  expect(openapi).toBe('3.1.0');
  const folder = join(import.meta.dirname, '../../../main/jobs/server/routes');
  const written = globSync('*.ts', { cwd: folder }).flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8');
    const routes = source.matchAll(/app\.(get|post|put|delete)\(\s*['`](\/api[^'`]*)/g);
    return [...routes].flatMap(([, method = '', path = '']) => {
      const shown = path.replaceAll(/(?<=\/):(\w+)/g, '{$1}').replace('/*', '/{*}');
      // Two routes are written as one, in a loop.
      const acts = /\$\{act\}/.test(shown) ? ['cancel', 'retry'] : [''];
      return acts.map((act) => `${method} ${shown.replace(/\$\{act\}/, act)}`);
    });
  });
  const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(written.length).toBeGreaterThan(15);
  expect(described).toEqual(expect.arrayContaining(written));
});
