import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aServer } from '../fixtures/a-server.ts';
import { begunJob } from './raw-worker.ts';
import { type Visitor, visitorWith } from './visitor.ts';

const server = aServer({ limits: { package: 50_000 } });
const folder = mkdtempSync(join(tmpdir(), 'shakedown-recipe-'));
afterAll(() => rmSync(folder, { recursive: true }));
let admin: Visitor;
beforeAll(async () => {
  admin = await visitorWith(server().url, server().token);
});

const idIn = (to: string | null): string => /\/jobs\/([^?]+)/.exec(to ?? '')?.[1] ?? '';

/** A tar of a recipe whose one task says what it takes. */
function recipe(description = 'all of them'): Buffer {
  const parameters = {
    part: { type: 'string', default: 'fast', description },
    count: { type: 'number', choices: [1, 2] },
    quick: { type: 'boolean', default: false },
  };
  writeFileSync(join(folder, 'unit.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(
    join(folder, 'recipe.json'),
    JSON.stringify({ tasks: { unit: { description, parameters } } }),
  );
  const file = join(folder, 'recipe.tar');
  create({ cwd: folder, file, sync: true }, ['unit.sh', 'recipe.json']);
  return readFileSync(file);
}

describe('recipes', () => {
  test('are uploaded, shown with what their tasks take, and built with that', async () => {
    const up = await admin.upload('/recipes', { name: 'app' }, { name: 'whatever.tar', bytes: recipe() });
    expect([up.status, up.to]).toEqual([303, '/recipes?done=added#app']);
    const { text } = await admin.get('/recipes');
    expect(text).toMatch(/name="p\.part" value="fast"[\s\S]*<select name="p\.count" required>/);
    // What has no default is chosen by whoever builds it, and by nobody else.
    expect(text).toMatch(/name="p\.count" required><option value="">choose …<\/option><option>1<\/option>/);
    expect(text).toMatch(/name="p\.quick"><option>true<\/option><option selected>false<\/option>/);
    const built = await admin.send(
      '/recipes/app/builds',
      { task: 'unit', 'p.part': '', 'p.count': '2' },
      '/recipes',
    );
    const job = await server().admin.job(idIn(built.to));
    expect(job).toMatchObject({
      type: 'build',
      name: 'app unit',
      spec: { parameters: { part: 'fast', count: 2 } },
    });
    expect((await admin.get('/recipes')).text).toContain(`/jobs/${job.id}`);
  });

  test('are a single file, too, called as that is; parameters are lines then', async () => {
    await admin.upload('/recipes', {}, { name: 'smoke.sh', bytes: '#!/bin/sh\n' });
    const lines = { task: 'smoke', parameters: 'one=1\n two=b c \n' };
    const { to } = await admin.send('/recipes/smoke/builds', lines, '/recipes');
    expect((await server().admin.job(idIn(to))).spec).toMatchObject({ parameters: { one: '1', two: 'b c' } });
  });

  test('are built with what any job may have, and as a matrix', async () => {
    const lines = { task: 'smoke', secrets: 'TOKEN=very secret', priority: '3', matrix: 'part=a,b' };
    const { to } = await admin.send('/recipes/smoke/builds', lines, '/recipes');
    const jobs = await server().admin.jobs({ matrix: /matrix=([^&]+)/.exec(to ?? '')?.[1] ?? '' });
    expect(jobs).toMatchObject([{ priority: 3, labels: ['secrets'] }, { priority: 3 }]);
    const wrong = await admin.send('/recipes/smoke/builds', { ...lines, matrix: 'part' }, '/recipes');
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('name=value')]);
  });

  test('are removed', async () => {
    await admin.upload('/recipes', { name: 'gone' }, { name: 'a.sh', bytes: '#!/bin/sh\n' });
    expect((await admin.send('/recipes/gone/remove', {}, '/recipes')).status).toBe(303);
    expect((await admin.get('/recipes')).text).not.toContain('id="gone"');
  });

  test.each([
    ['no script', { name: 'x' }, { name: 'notes.txt', bytes: 'hello' }, 'is no script'],
    ['a bad name', { name: '../x' }, { name: 'a.sh', bytes: '#!/bin/sh\n' }, 'name of letters'],
    ['no tar', { name: 'x' }, { name: 'a.tar', bytes: 'not a tar' }, ''],
    ['too much', { name: 'x' }, { name: 'a.sh', bytes: `#!/bin/sh\n${'x'.repeat(60_000)}` }, ''],
  ])('%s is refused with a sentence', async (_what, fields, file, words) => {
    const { status, text } = await admin.upload('/recipes', fields, file);
    expect([400, 413]).toContain(status);
    expect(text).toMatch(new RegExp(`role="alert">[^<]*${words}`));
  });

  test('come from nobody who may only read, and in no form of another site', async () => {
    const { url, admin: api } = server();
    const reader = await visitorWith(url, (await api.makeToken('reader', 'read')).token);
    const file = { name: 'a.sh', bytes: '#!/bin/sh\n' };
    expect((await reader.upload('/recipes', { name: 'x' }, file)).status).toBe(403);
    expect((await admin.upload('/recipes', { name: 'x', csrf: 'made up' }, file)).status).toBe(403);
    expect((await admin.get('/recipes')).text).not.toContain('id="x"');
    expect((await reader.get('/recipes')).text).not.toContain('<form method="post" action="/recipes');
  });

  test('what cannot be one is refused, with a way back to them', async () => {
    const { status, text } = await admin.upload('/recipes', {}, { name: 'notes', bytes: Buffer.from('hi') });
    expect(status).toBe(400);
    expect(text).toContain('TypeScript is to be called recipe.ts');
    expect(text).toContain('<a href="/recipes">Back to: Recipes</a>');
  });

  test('say nothing that acts', async () => {
    const evil = `"><script>alert('x')</script>`;
    await admin.upload('/recipes', { name: 'evil' }, { name: 'e.tar', bytes: recipe(evil) });
    const { text } = await admin.get('/recipes');
    expect(text).toContain('&#60;script&#62;');
    expect(text).not.toContain('<script>');
  });
});

describe('schedules', () => {
  const fields = { name: 'nightly', cron: '30 2 * * *', zone: 'Europe/Berlin', what: 'task app unit' };

  test('are made for a task, paused, resumed, begun at once, and removed', async () => {
    const parameters = 'count=1';
    expect((await admin.send('/schedules', { ...fields, parameters })).to).toBe('/schedules?done=added');
    expect((await admin.get('/schedules')).text).toMatch(/nightly[\s\S]*30 2 \* \* \*[\s\S]*Europe\/Berlin/);
    await admin.send('/schedules/nightly/pause', {}, '/schedules');
    expect((await admin.get('/schedules')).text).toContain('state paused');
    await admin.send('/schedules/nightly/resume', {}, '/schedules');
    expect((await admin.get('/schedules')).text).not.toContain('state paused');
    const { to } = await admin.send('/schedules/nightly/run', {}, '/schedules');
    expect((await server().admin.job(idIn(to))).spec).toMatchObject({ parameters: { count: 1 } });
    await admin.send('/schedules/nightly/remove', {}, '/schedules');
    expect((await admin.get('/schedules')).text).toContain('Nothing is scheduled');
  });

  test('repeat a job that there was, from its own page', async () => {
    const id = await server().admin.submit({ type: 'mine', name: 'once more', labels: ['kvm'], extra: 1 });
    const page = `/schedules?job=${id}`;
    expect((await admin.get(page)).text).toContain('again: mine once more');
    await admin.send('/schedules', { ...fields, name: 'again', what: `job ${id}` }, page);
    const { to } = await admin.send('/schedules/again/run', {}, '/schedules');
    const job = await server().admin.job(idIn(to));
    expect(job).toMatchObject({ type: 'mine', name: 'once more', spec: { labels: ['kvm'], extra: 1 } });
    expect(job.id).not.toBe(id);
  });

  test('keep no secrets: a job that had some is submitted again by who has them', async () => {
    const secrets = [{ name: 'token', value: 'very secret' }];
    const id = await server().admin.submit({ type: 'mine', secrets });
    const { text } = await admin.get(`/jobs/${id}`);
    expect(text).toContain('submit it again');
    expect(text).not.toMatch(/very secret|Run again|Schedule<\/a>/);
    const { status, text: told } = await admin.send('/schedules', { ...fields, what: `job ${id}` });
    expect([status, told]).toEqual([
      400,
      expect.stringContaining('were deleted with its end: schedule it by'),
    ]);
  });

  test('have what any job may have: priority, labels, a time limit, others before, a matrix, secrets', async () => {
    const before = await server().admin.submit({ type: 'never' });
    const wishes = {
      ...{ priority: '5', labels: 'kvm fast', platform: 'linux', timeLimit: '30m', attempts: '3' },
      ...{ after: before, matrix: 'part=api,web\nos=trixie', secrets: 'TOKEN=very secret' },
    };
    const all = { ...fields, parameters: '', name: 'whole', what: 'task smoke smoke', ...wishes };
    expect((await admin.send('/schedules', all)).to).toBe('/schedules?done=added');
    const page = (await admin.get('/schedules')).text;
    expect(page).toMatch(/whole<\/b>[\s\S]*2 × build smoke smoke[\s\S]*🔑 TOKEN/);
    expect(page).not.toContain('very secret');
    const { to } = await admin.send('/schedules/whole/run', {}, '/schedules');
    const matrix = /matrix=([^&]+)/.exec(to ?? '')?.[1] ?? '';
    const jobs = await Promise.all(
      (await server().admin.jobs({ matrix })).map(({ id }) => server().admin.job(id)),
    );
    expect(jobs.map(({ cell }) => cell?.part).sort()).toEqual(['api', 'web']);
    for (const job of jobs) {
      expect(job).toMatchObject({
        priority: 5,
        timeLimit: 1800,
        after: [{ id: before }],
        waitingFor: 'dependency',
      });
      expect(job.labels).toEqual(['kvm', 'fast', 'secrets']);
      expect(job.spec).toMatchObject({
        attempts: 3,
        platform: 'linux',
        secrets: ['TOKEN'],
        parameters: { os: 'trixie' },
      });
    }
    expect((await admin.get('/schedules')).text).toContain(`/jobs?matrix=${matrix}`);
  });

  test.each([
    ['a time limit that is none', { timeLimit: 'soon' }, '30m'],
    ['a priority beyond all', { priority: '100000' }, 'priority'],
    ['an axis without values', { matrix: 'os' }, 'name=value'],
    ['a job that is not there', { after: 'none' }, 'no job none'],
    ['a schedule that is not there', { after: 'schedule:none' }, 'no schedule'],
    ['a secret without a name', { secrets: 'very secret' }, 'line 1 is not'],
  ])('%s is told, and no secret', async (_what, wrong, words) => {
    const asked = { ...fields, what: 'task smoke smoke', secrets: 'TOKEN=very secret', ...wrong };
    const { status, text } = await admin.send('/schedules', asked);
    expect([status, text]).toEqual([400, expect.stringContaining(words)]);
    expect(text).not.toContain('very secret');
  });

  test.each([
    ['a bad expression', { cron: 'now and then' }],
    ['an unknown zone', { zone: 'Moon/Dark_Side' }],
    ['a bad name', { name: 'a b' }],
    ['nothing to do', { what: '' }],
    ['an unknown task', { what: 'task app none' }],
    ['a wrong parameter', { parameters: 'count=7' }],
    ['an unknown job', { what: 'job none' }],
  ])('%s is told, and what was written stays', async (_what, wrong) => {
    const { status, text } = await admin.send('/schedules', { ...fields, parameters: 'count=1', ...wrong });
    expect([status, text]).toEqual([400, expect.stringMatching(/role="alert">\S/)]);
    expect(text).toContain(`value="${{ ...fields, ...wrong }.cron}"`);
  });
});

test('the history of a scenario has its runs, how long they took, and what flickers', async () => {
  const { admin: api, url, token } = server();
  const ids: string[] = [];
  for (const [i, state] of (['pass', 'pass', 'fail', 'pass'] as const).entries()) {
    const job = await begunJob(api, url, token, { type: `run ${i}`, name: 'x' });
    await job.settle('pass');
    const run = await begunJob(api, url, token, { type: 'scenario', name: 'a/b "c"', worker: `w${i}` });
    const check = { name: 'it <holds>', verdict: state, durationMs: 5 };
    await run.tell([
      { at: 0, type: 'run-started' },
      { at: 1, type: 'check-ended', check },
    ]);
    await run.settle(state);
    ids.push(run.id);
  }
  const list = (await admin.get('/history')).text;
  const [, path = ''] = /href="([^"]+)">a\/b &#34;c&#34;/.exec(list) ?? [];
  expect(list).toContain('aria-label="1 fail, 3 pass"');
  const { text } = await admin.get(path.replaceAll('&amp;', '&'));
  for (const id of ids) expect(text).toContain(`/jobs/${id}`);
  expect(text).toMatch(/it &#60;holds&#62;[\s\S]*flickers<\/span> <span class="dim">since/);
  const [, data = ''] = /data-points="([^"]+)"/.exec(text) ?? [];
  const points: [number, number, string][] = JSON.parse(data.replaceAll('&#34;', '"'));
  expect(points.map(([, , verdict]) => verdict)).toEqual(['pass', 'pass', 'fail', 'pass']);
  expect((await admin.get('/history/of?type=scenario&name=none')).text).toContain('Nothing of this kind');
});

test('each cell of a matrix has a history of its own', async () => {
  const { admin: api, url, token } = server();
  for (const [os, state] of [
    ['bookworm', 'pass'],
    ['trixie', 'fail'],
    ['bookworm', 'pass'],
  ] as const) {
    const job = await begunJob(api, url, token, { type: 'cells', name: 'c', worker: os, cell: { os } });
    await job.tell([{ at: 1, type: 'check-ended', check: { name: 'it', verdict: state, durationMs: 5 } }]);
    await job.settle(state);
  }
  const list = (await admin.get('/history')).text;
  const paths = [...list.matchAll(/href="([^"]+type=cells[^"]+)"/g)].map(([, path = '']) => path);
  expect(paths).toHaveLength(2);
  for (const path of paths) {
    const { text } = await admin.get(path.replaceAll('&amp;', '&'));
    expect(text).toMatch(/os=(bookworm|trixie)/);
    expect(text).not.toContain('flickers');
  }
  expect((await admin.get('/history/of?type=cells&name=c&cell=none')).status).toBe(400);
});
