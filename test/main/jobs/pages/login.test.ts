import { describe, expect, test } from 'vitest';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { startServer } from '../../../../main/jobs/server/start-server.ts';
import { aServer, ask } from '../fixtures/a-server.ts';
import { dataFolder } from '../fixtures/three-databases.ts';
import { Visitor, visitorWith } from './visitor.ts';

const server = aServer();
const password = 'correct horse battery';

async function user(role = 'read'): Promise<string> {
  const name = `user-${Math.random()}`;
  await server().admin.addUser({ name, role, password });
  return name;
}

describe('nothing is shown to who is not logged in', () => {
  test.each(['/', '/jobs', '/jobs/x', '/jobs?state=done'])('%s leads to the login', async (path) => {
    const { status, to } = await new Visitor(server().url).get(path);
    expect([status, to]).toEqual([303, `/login?next=${encodeURIComponent(path)}`]);
  });

  test('nor are events and parts of pages', async () => {
    const visitor = new Visitor(server().url);
    const { status, headers } = await visitor.get('/jobs/events', { 'hx-request': 'true' });
    expect([status, headers.get('hx-redirect')]).toEqual([401, '/login']);
  });

  test('a session in a cookie does not open the programs’ interface', async () => {
    const { url, token } = server();
    const visitor = await visitorWith(url, token);
    expect((await visitor.get('/api/jobs')).status).toBe(401);
  });
});

describe('one logs in', () => {
  test('by name and password, and comes to where one wanted to', async () => {
    const visitor = new Visitor(server().url);
    const name = await user();
    const { to } = await visitor.send('/login', { name, password, next: '/jobs?state=done' });
    expect(to).toBe('/jobs?state=done');
    expect((await visitor.get('/jobs')).text).toContain(name);
  });

  test('by the first token, for which a new server asks; by name and password once there are users', async () => {
    await using fresh = await startServer({
      ...{ folder: dataFolder(), host: '127.0.0.1', port: 0, tell: () => undefined },
    });
    const visitor = new Visitor(fresh.url);
    expect((await visitor.get('/login')).text).toContain('<details class="card" open>');
    const admin = new JobsApi({ server: fresh.url, token: fresh.firstToken ?? '' });
    await admin.addUser({ name: 'alice', role: 'read', password });
    expect((await visitor.get('/login')).text).toContain('<details class="card">');
    expect((await visitor.send('/login', { token: 'sd_wrong' })).text).toContain(
      '<details class="card" open>',
    );
  });

  test('by a token, with its role, until it is revoked', async () => {
    const { url, admin } = server();
    const { id, token } = await admin.makeToken('reader', 'read');
    const visitor = await visitorWith(url, token);
    expect((await visitor.get('/jobs')).status).toBe(200);
    await admin.revokeToken(id);
    expect((await visitor.get('/jobs')).status).toBe(303);
  });

  test.each(['//evil.example/x', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)'])(
    'and is not led to %s',
    async (next) => {
      const { to } = await new Visitor(server().url).send('/login', { name: await user(), password, next });
      expect(to).toBe('/jobs');
    },
  );

  test('with a cookie that scripts and other sites do not get, and that was not there before', async () => {
    const visitor = new Visitor(server().url);
    await visitor.get('/login');
    const before = visitor.cookie;
    const { headers } = await visitor.logIn({ name: await user(), password });
    expect(headers.getSetCookie()[0]).toMatch(/HttpOnly; SameSite=Lax/);
    expect(visitor.cookie).not.toBe(before);
  });

  test('and out: the session is over, whoever has its cookie', async () => {
    const { url, token } = server();
    const visitor = await visitorWith(url, token);
    const { cookie } = visitor;
    await visitor.send('/logout', {}, '/jobs');
    expect((await fetch(`${url}/jobs`, { headers: { cookie }, redirect: 'manual' })).status).toBe(303);
  });
});

describe('who is refused', () => {
  test.each([
    ['a wrong password', async () => ({ name: await user(), password: 'wrong' })],
    ['an unknown name', async () => ({ name: 'nobody', password })],
    ['a wrong token', async () => ({ token: 'sd_wrong' })],
  ])('%s', async (_what, fields) => {
    const visitor = new Visitor(server().url);
    const { status, text } = await visitor.logIn(await fields());
    expect([status, text]).toEqual([401, expect.stringMatching(/role="alert"/)]);
    expect((await visitor.get('/jobs')).status).toBe(303);
  });

  test('who was removed', async () => {
    const name = await user();
    const visitor = new Visitor(server().url);
    await visitor.logIn({ name, password });
    await server().admin.removeUser(name);
    expect((await visitor.get('/jobs')).status).toBe(303);
    expect((await visitor.logIn({ name, password })).status).toBe(401);
  });

  test('after ten wrong passwords of a name also the right one, for a while; others get in', async () => {
    const visitor = new Visitor(server().url);
    const [name, other] = [await user(), await user()];
    for (let n = 0; n < 10; n++) expect((await visitor.logIn({ name, password: 'x' })).status).toBe(401);
    const { status, text } = await visitor.logIn({ name, password });
    expect([status, text]).toEqual([429, expect.stringContaining('try again in 15 minutes')]);
    expect((await visitor.logIn({ name: other, password })).status).toBe(303);
  });

  test('of 50 wrong passwords at the same moment all but ten, unlooked at', async () => {
    const [name, visitor] = [await user(), new Visitor(server().url)];
    await visitor.get('/login');
    const logins = Array.from({ length: 50 }, () => visitor.logIn({ name, password: 'x' }));
    const answers = (await Promise.all(logins)).map(({ status }) => status).sort();
    expect(answers).toEqual([...Array(10).fill(401), ...Array(40).fill(429)]);
  });

  test('but not whoever logs in rightly, however often, nor for a wrong password before', async () => {
    const name = await user();
    const logIn = async (word: string) =>
      (await new Visitor(server().url).logIn({ name, password: word })).status;
    for (let n = 0; n < 9; n++) await logIn('x');
    for (let n = 0; n < 3; n++) expect(await logIn(password)).toBe(303);
    expect([await logIn('x'), await logIn(password)]).toEqual([401, 429]);
  });

  test.each(['', 'made up'])('a form with the secret "%s" instead of its session’s', async (csrf) => {
    const { url, token } = server();
    const visitor = await visitorWith(url, token);
    expect((await visitor.post('/logout', { csrf })).status).toBe(403);
    expect((await visitor.get('/jobs')).status).toBe(200);
    const stranger = await visitorWith(url, token);
    const [, theirs = ''] = /name="csrf" value="([^"]+)"/.exec((await stranger.get('/jobs')).text) ?? [];
    expect((await visitor.post('/logout', { csrf: theirs })).status).toBe(403);
  });
});

test('passwords and sessions are kept as hashes alone', async () => {
  const { url } = server();
  const name = await user();
  const visitor = new Visitor(url);
  await visitor.logIn({ name, password });
  const users = JSON.stringify(await server().admin.users());
  expect(users).toContain(name);
  expect(users).not.toMatch(/scrypt|correct horse/);
});

describe('a server that is open', () => {
  const folder = dataFolder();
  const options = { folder, port: 0, open: true, binaries: false as const, tell: () => undefined };

  test('is so on this machine’s own addresses only, to pages of its own only', async () => {
    await expect(startServer({ ...options, host: '0.0.0.0' })).rejects.toThrow(
      /may listen on this machine only/,
    );
    await using open = await startServer({ ...options, host: '127.0.0.1' });
    expect((await new Visitor(open.url).get('/jobs')).status).toBe(200);
    expect((await ask(`${open.url}/api/jobs`, 'GET')).status).toBe(200);
    const headers = [{ origin: 'http://evil.example' }, { origin: 'null' }];
    for (const each of headers) {
      expect((await fetch(`${open.url}/api/jobs`, { headers: each })).status).toBe(401);
    }
    expect((await ask(`${open.url}/api/jobs`, 'GET', { token: 'sd_wrong' })).status).toBe(401);
  });
});
