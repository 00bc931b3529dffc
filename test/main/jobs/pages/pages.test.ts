import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { aServer } from '../fixtures/a-server.ts';
import { type BegunJob, begunJob } from './raw-worker.ts';
import { type Visitor, visitorWith } from './visitor.ts';

const server = aServer();
let admin: Visitor;
beforeAll(async () => {
  admin = await visitorWith(server().url, server().token);
});

const begun = (job?: Parameters<typeof begunJob>[3]): Promise<BegunJob> => {
  const { admin: api, url, token } = server();
  return begunJob(api, url, token, job);
};

describe('whatever is shown is text', () => {
  const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>'`;
  let job: BegunJob;
  beforeAll(async () => {
    job = await begun({
      name: evil,
      labels: [evil],
      type: evil,
      worker: evil,
      client_info: { [evil]: evil },
      note: evil,
    });
    await job.log(`${evil}\n\x1b[31m${evil}\n`);
    await job.artifact(`run/${evil.replace('/', '')}`, 'x');
    await job.artifact('run/report.html', evil);
    const node = { id: 0, name: evil, address: evil, role: evil };
    await job.tell([
      { at: 0, type: 'run-started' },
      { at: 1, type: 'nodes-known', nodes: [node] },
      { at: 1, type: 'phase-started', phase: evil, node: 0 },
      { at: 2, type: 'check-ended', check: { name: evil, verdict: 'fail', durationMs: 1, message: evil } },
      { at: 3, type: 'failure', failure: { message: evil } },
    ]);
    await job.settle('fail', { [evil]: evil });
    await server().admin.submit({ type: evil, name: evil, labels: [evil], platform: evil });
    await server().admin.makeToken(evil, 'read');
    await server().admin.addUser({ name: evil, role: 'read', password: 'long enough' });
  });

  const pages = {
    jobs: () => `/jobs?type=${encodeURIComponent(evil)}&label=${encodeURIComponent(evil)}`,
    'one job': () => `/jobs/${job.id}`,
    files: () => `/jobs/${job.id}/attempts/1/browse/run/`,
    'part of a log': () => `/jobs/${job.id}/attempts/1/log?at=0`,
    search: () => `/jobs/${job.id}/attempts/1/log/search?q=${encodeURIComponent(evil)}`,
    workers: () => '/workers',
    history: () => '/history',
    'one history': () => `/history/of?type=${encodeURIComponent(evil)}&name=${encodeURIComponent(evil)}`,
    schedules: () => `/schedules?job=${job.id}`,
    tokens: () => '/tokens',
    users: () => '/users',
    login: () => `/login?next=${encodeURIComponent(evil)}`,
    'a problem': () => `/jobs/${encodeURIComponent(evil)}`,
  };
  test.each(Object.entries(pages))('%s', async (_name, path) => {
    const { text } = await admin.get(path());
    expect(text).not.toMatch(/<script>|<img src=x/);
    // Within an attribute or not: no mark of theirs is one of ours.
    expect(text).not.toContain(`'x'`);
    if (_name !== 'login') expect(text).toContain('&#60;script&#62;');
  });

  test('in views, all that is inserted as it is, is HTML of ours', () => {
    const folder = join(import.meta.dirname, '../../../../main/jobs/pages/views');
    const known = /^(include\(|it\.body|it\.parts\[|html |[^?]+ \? '[^']*' : '[^']*' $)/;
    const odd = globSync('**/*.eta', { cwd: folder }).flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/<%~ (.*?)%>/g)]
        .map(([, inserted = '']) => inserted)
        .filter((inserted) => !known.test(inserted)),
    );
    expect(odd).toEqual([]);
  });
});

describe('a browser is told to be careful', () => {
  test('pages load and run nothing but what the server has, and nothing that stands in them', async () => {
    const { headers, text } = await admin.get('/jobs');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self'`);
    expect(policy).not.toContain('unsafe');
    expect(text).not.toMatch(/ style="| on\w+="|<script>|<style|https?:\/\//);
    for (const [, url = ''] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const { status, headers: asset } = await admin.get(url);
      expect([url, status, asset.get('cache-control')]).toEqual([
        url,
        200,
        expect.stringContaining('immutable'),
      ]);
    }
  });

  test('what a job left is another site’s, and no other type than it says', async () => {
    const job = await begun();
    await job.artifact('run/report.html', '<h1>Report</h1><script>1</script>');
    await job.artifact('files/program', 'MZ');
    const files = `/jobs/${job.id}/attempts/1/files`;
    const report = await admin.get(`${files}/run/report.html`);
    expect(report.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(report.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await admin.get(`${files}/files/program`)).headers.get('content-disposition')).toBe('attachment');
    const folder = await admin.get(`${files}/run/`);
    expect([folder.status, folder.to]).toEqual([303, `/jobs/${job.id}/attempts/1/browse/run/`]);
    for (const none of ['/none', '/ru', '/..%2f..%2flog']) {
      expect((await admin.get(files + none)).status, none).toBe(404);
    }
  });
});

describe('jobs are listed', () => {
  test('by state, type, label and submitter, the newest first, page by page', async () => {
    const { admin: api } = server();
    const type = `list-${Math.random()}`;
    for (let n = 0; n < 60; n++)
      await api.submit({ type, name: `job ${n}`, labels: n === 7 ? ['seven'] : [] });
    const names = (text: string) => [...text.matchAll(/>(job \d+)<\/a>/g)].map(([, name]) => name);
    const first = await admin.get(`/jobs?type=${type}&state=queued&submitter=first`);
    expect(names(first.text)).toEqual(Array.from({ length: 50 }, (_, i) => `job ${59 - i}`));
    const [, older = ''] = /href="([^"]+)">Older jobs/.exec(first.text) ?? [];
    const second = await admin.get(older.replaceAll('&#38;', '&'));
    expect(names(second.text)).toEqual(Array.from({ length: 10 }, (_, i) => `job ${9 - i}`));
    expect(names((await admin.get(`/jobs?type=${type}&label=seven`)).text)).toEqual(['job 7']);
    expect((await admin.get(`/jobs?type=${type}&submitter=nobody`)).text).toContain('No job is like this');
  });

  test('with why each of them waits', async () => {
    const type = `why-${Math.random()}`;
    await server().admin.submit({ type });
    expect((await admin.get(`/jobs?type=${type}`)).text).toContain(
      `no worker offers job type &#39;${type}&#39;`,
    );
  });
});

/** What a page's stream of events says until it has said this. */
async function told(events: string, headers: Record<string, string>, until: RegExp): Promise<string> {
  const gone = new AbortController();
  const answer = await fetch(server().url + events.replaceAll('&#38;', '&'), {
    ...{ headers: { cookie: admin.cookie, ...headers }, signal: gone.signal },
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString();
    if (until.test(text)) break;
  }
  gone.abort();
  return text;
}

test('a matrix is listed by itself, with its cells; those that failed run again, or all are cancelled', async () => {
  const { url, token, admin: api } = server();
  const type = `matrix-${Math.random()}`;
  const jobs = ['bookworm', 'trixie'].map((os) => ({ type, name: 'each', cell: { os } }));
  const { id, jobs: ids } = await fetch(`${url}/api/matrices`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jobs }),
  }).then((answer) => answer.json() as Promise<{ id: string; jobs: string[] }>);
  const after = await api.submit({ type, name: 'after', after: [id] });
  const list = `/jobs?matrix=${id}`;
  expect((await admin.get(list)).text).toMatch(/os=trixie[\s\S]*os=bookworm/);
  expect((await admin.get(list)).text).not.toContain('>after<');
  expect((await admin.get(`/jobs/${after}`)).text).toContain(`/jobs/${ids[0]}">each</a>`);
  await admin.send(`/matrices/${id}/cancel`, {}, list);
  for (const job of ids) expect((await api.job(job)).state).toBe('cancelled');
  expect((await admin.get(`/jobs/${after}`)).text).toContain('state big skipped');
  expect((await admin.send(`/matrices/${id}/retry-failed`, {}, list)).to).toContain('done=retried');
  for (const job of ids) expect((await api.job(job)).state).toBe('queued');
});

describe('one job', () => {
  test('is cancelled and tried again by who may submit', async () => {
    const job = await begun({ name: 'mine' });
    const path = `/jobs/${job.id}`;
    const cancelled = await admin.send(`${path}/cancel`, {}, path);
    expect([cancelled.status, cancelled.to]).toEqual([303, `${path}?done=cancelled`]);
    expect((await admin.get(`${path}?done=cancelled`)).text).toContain('The job is cancelled');
    expect((await admin.send(`${path}/cancel`, {}, path)).text).toContain('is over already');
    expect((await admin.send(`${path}/retry`, {}, path)).status).toBe(303);
    expect((await server().admin.job(job.id)).state).toBe('queued');
  });

  test('is only looked at by who may read', async () => {
    const { url, admin: api } = server();
    const reader = await visitorWith(url, (await api.makeToken('reader', 'read')).token);
    const job = await begun();
    const path = `/jobs/${job.id}`;
    expect((await reader.get(path)).text).not.toContain('/cancel');
    expect((await reader.send(`${path}/cancel`, {}, path)).status).toBe(403);
    expect((await server().admin.job(job.id)).state).toBe('running');
  });

  test('has its files as a tree, and all of an attempt as a tar', async () => {
    const job = await begun();
    await job.artifact('run/nodes/0/a.log', 'aaa');
    await job.artifact('run/@nodes/b.log', 'bbb');
    const { text } = await admin.get(`/jobs/${job.id}/attempts/1/browse/run/`);
    expect(text).toContain('nodes/</a>');
    const { bytes, headers } = await admin.get(`/jobs/${job.id}/attempts/1/files.tar.gz`);
    expect(headers.get('content-disposition')).toContain(`${job.id}-1.tar.gz`);
    const tar = gunzipSync(bytes).toString();
    for (const found of ['run/nodes/0/a.log', 'aaa', 'run/@nodes/b.log', 'bbb']) expect(tar).toContain(found);
  });

  test('has the end of its log, and the rest by parts', async () => {
    const job = await begun();
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
    await job.log(`${lines.join('\n')}\n`);
    const { text } = await admin.get(`/jobs/${job.id}`);
    expect(text).toContain('>line 19999<');
    expect(text).not.toContain('>line 1000<');
    const [, earlier = ''] = /hx-get="([^"]+before=\d+)"/.exec(text) ?? [];
    expect((await admin.get(earlier)).text).toMatch(/>line \d+</);
    expect((await admin.get(`/jobs/${job.id}/attempts/1/log.txt`)).text).toBe(`${lines.join('\n')}\n`);
    expect((await admin.get(`/jobs/${job.id}/attempts/7/log`)).status).toBe(404);
  });

  test('tells what changes as it changes, and goes on where the browser left off', async () => {
    const job = await begun();
    await job.log('before\n');
    const [, events = ''] = /hx-sse:connect="([^"]+)"/.exec((await admin.get(`/jobs/${job.id}`)).text) ?? [];
    const hears = told(events, {}, />after</);
    await job.log('after\npart');
    const text = await hears;
    expect(text).not.toContain('>before<');
    const id = text.match(/(?<=^id: ).*$/gm)?.at(-1) ?? '';
    await job.log('ial\n');
    await job.settle('pass', {});
    const rest = await told(events, { 'last-event-id': id }, /state big pass/);
    expect(rest).toContain('>partial<');
    expect(rest).not.toContain('>after<');
  });

  test('has a stream of events for who reads it, not for who asks for its head alone', async () => {
    for (const path of ['/jobs/events', '/workers/events', `/jobs/${(await begun()).id}/events?from=1:0`]) {
      const headers = { cookie: admin.cookie };
      expect((await fetch(server().url + path, { method: 'HEAD', headers })).status).toBe(404);
    }
  });

  test('that talks faster than one reads is shown at its end', async () => {
    const job = await begun();
    const [, events = ''] = /hx-sse:connect="([^"]+)"/.exec((await admin.get(`/jobs/${job.id}`)).text) ?? [];
    for (let n = 0; n < 3; n++) {
      await job.log(Array.from({ length: 60_000 }, (_, i) => `line ${n} ${i}\n`).join(''));
    }
    const text = await told(events, {}, />line 2 59999</);
    expect(text).toContain('Earlier lines');
    expect(text).not.toContain('>line 0 500<');
  });
});

describe('workers, tokens and users', () => {
  test('a worker is shown with what it can, does, and says of itself', async () => {
    const job = await begun({
      name: 'its job',
      worker: 'the worker',
      labels: ['kvm'],
      client_info: { load: 0.7 },
    });
    const { text } = await admin.get('/workers');
    expect(text).toMatch(
      new RegExp(
        `state busy[\\s\\S]*the worker[\\s\\S]*/jobs/${job.id}[\\s\\S]*its job[\\s\\S]*kvm[\\s\\S]*load`,
      ),
    );
  });

  test('a worker is paused with a note, resumed, and drained, by who may', async () => {
    await begun({ name: 'x', worker: 'held' });
    const { url, admin: api } = server();
    const card = async () => {
      const { text } = await admin.get('/workers');
      const at = text.indexOf('<h2>held</h2>');
      return text.slice(text.lastIndexOf('<li', at), text.indexOf('</li>', at));
    };
    const path = async (act: string) => new RegExp(`"(/workers/[^"]+/${act})"`).exec(await card())?.[1] ?? '';
    await admin.send(await path('pause'), { note: 'a new <disk>' }, '/workers');
    expect(await card()).toMatch(/state paused[\s\S]*Paused by first[\s\S]*a new &#60;disk&#62;/);
    const reader = await visitorWith(url, (await api.makeToken('reader', 'read')).token);
    expect((await reader.send(await path('resume'), {}, '/workers')).status).toBe(403);
    await admin.send(await path('resume'), {}, '/workers');
    expect(await card()).toContain('state busy');
    await admin.send(await path('drain'), {}, '/workers');
    expect(await card()).toContain('state draining');
    expect((await reader.get('/workers')).text).not.toContain('/drain"');
  });

  test('a token is made on a page, told once, used, and revoked there', async () => {
    const { text } = await admin.send('/tokens', { name: 'by page', role: 'read' });
    const [token = ''] = /sd_[\w-]{40,}/.exec(text) ?? [];
    const { url } = server();
    const visitor = await visitorWith(url, token);
    const list = await admin.get('/tokens');
    expect(list.text).not.toContain(token);
    const row = list.text.slice(list.text.indexOf('by page'));
    const [, revoke = ''] = /action="([^"]+revoke)"/.exec(row) ?? [];
    expect((await admin.send(revoke, {}, '/tokens')).to).toBe('/tokens?done=revoked');
    expect((await visitor.get('/jobs')).status).toBe(303);
  });

  test('a user is added and removed on a page; a name is given once', async () => {
    const fields = { name: 'paula', role: 'read', password: 'long enough' };
    expect((await admin.send('/users', fields)).to).toBe('/users?done=added');
    expect((await admin.send('/users', fields)).status).toBe(409);
    expect((await admin.send('/users', { ...fields, name: 'x', password: 'short' })).status).toBe(400);
    const { text } = await admin.get('/users');
    const [, remove = ''] = /action="([^"]+remove)"/.exec(text.slice(text.indexOf('paula'))) ?? [];
    expect((await admin.send(remove, {}, '/users')).to).toBe('/users?done=removed');
    expect((await admin.get('/users')).text).not.toContain('paula');
  });

  test.each(['read', 'submit', 'worker'])(
    'who has the role %s sees neither tokens nor users',
    async (role) => {
      const { url, admin: api } = server();
      const visitor = await visitorWith(url, (await api.makeToken(role, role)).token);
      expect((await visitor.get('/jobs')).text).not.toMatch(/href="\/(tokens|users)"/);
      for (const path of ['/tokens', '/users']) {
        expect((await visitor.get(path)).status).toBe(403);
        expect(
          (await visitor.send(path, { name: 'x', role: 'admin', password: 'long enough' }, '/jobs')).status,
        ).toBe(403);
      }
    },
  );
});

test('who mistyped an address is told so by a page, a program by a problem', async () => {
  const asked = async (path: string, accept: string) => {
    const answer = await fetch(server().url + path, { headers: { accept }, redirect: 'manual' });
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
  };
  const browser = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const [status, type, text] = await asked('/jbos/<b>?x=1', browser);
  expect([status, type]).toEqual([404, 'text/html; charset=utf-8']);
  expect(text).toMatch(/There is no page \/jbos\/(%3Cb%3E|&#60;b&#62;)\./);
  for (const [path, accept] of [
    ['/jbos', '*/*'],
    ['/api/jbos', browser],
  ] as const) {
    const problem = expect.stringContaining('there is nothing at this address');
    expect(await asked(path, accept)).toEqual([
      404,
      expect.stringContaining('application/problem+json'),
      problem,
    ]);
  }
});
