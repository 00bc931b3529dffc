import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { aServer } from '../fixtures/a-server.ts';
import { aBrowser, logIn } from './a-browser.ts';
import { begunJob } from './raw-worker.ts';

const server = aServer({ binaries: false });
const person = aBrowser();

/** Somebody whose browser keeps count of the streams of events that it has open. */
async function visitor() {
  const { url, admin } = server();
  const name = `alice-${Math.random()}`;
  await admin.addUser({ name, role: 'submit', password: 'correct horse battery' });
  const { page, complaints } = await person();
  const streams = new Set<unknown>();
  page.on('request', (request) => {
    if (request.headers().accept?.includes('text/event-stream')) streams.add(request);
  });
  for (const over of ['requestfinished', 'requestfailed'] as const)
    page.on(over as 'requestfinished', (request) => void streams.delete(request));
  await logIn(page, url, name, 'correct horse battery');
  return { page, complaints, name, streams };
}

const state = (page: Page, word: string) => page.locator('.state.big', { hasText: word }).waitFor();

/** What each kind of job tells while it runs, and what of that its page shows. */
const kinds = {
  run: {
    spec: {},
    events: [
      { at: 0, type: 'run-started' },
      { at: 1, type: 'phase-started', phase: 'install', node: 0 },
      { at: 2, type: 'failure', failure: { message: 'etcd was not ready' } },
    ],
    shown: ['install', 'etcd was not ready'],
  },
  script: {
    spec: {},
    events: [
      { at: 0, type: 'run-started' },
      { at: 1, type: 'nodes-known', nodes: [{ id: 0, name: 'trixie0', address: '10.0.0.9' }] },
      { at: 1, type: 'phase-started', phase: 'machines' },
    ],
    shown: ['trixie0', '10.0.0.9'],
  },
  distribute: {
    spec: {},
    events: [
      { at: 0, type: 'run-started' },
      { at: 1, type: 'files-begun', runner: '0_0', node: 'db1', files: ['spec/a_spec.rb'] },
    ],
    shown: ['spec/a_spec.rb', '0_0'],
  },
  'mobile-unittest': { spec: { device: 'pixel' }, events: [], shown: ['"device": "pixel"'] },
};

describe('a job’s page follows it from the queue to its end', () => {
  test.each(Object.entries(kinds))('%s', async (type, { spec, events, shown }) => {
    const { url, token, admin } = server();
    const { page } = await visitor();
    const id = await admin.submit({ type, name: `a ${type}`, ...spec });
    await page.goto(`${url}/jobs/${id}`);
    await state(page, 'queued');
    const job = await begunJob(admin, url, token, { type, submitted: id });
    await state(page, 'running');
    await job.log(`${type} says so\n`);
    await page.getByText(`${type} says so`).waitFor();
    await job.tell(events);
    await page.getByText('As it was submitted').click();
    for (const text of shown) await page.getByText(text).first().waitFor();
    await job.artifact('run/tester.log', 'x');
    await page.getByRole('link', { name: 'run' }).waitFor();
    await job.settle('fail', { exitCode: 1 });
    await state(page, 'fail');
  });

  test('build', async () => {
    const { url, token, admin } = server();
    const { page } = await visitor();
    await page.goto(`${url}/recipes`);
    const buffer = Buffer.from('export function unit() {}\n');
    await page.getByLabel('Name').fill('app');
    await page.getByLabel('File').setInputFiles({ name: 'recipe.ts', mimeType: 'text/plain', buffer });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('button', { name: 'Build unit of app' }).click();
    await state(page, 'queued');
    const [, submitted = ''] = /\/jobs\/([^?]+)/.exec(page.url()) ?? [];
    const { labels } = await admin.job(submitted);
    const job = await begunJob(admin, url, token, { type: 'build', submitted, labels });
    await job.log('built\n');
    await page.getByText('built', { exact: true }).waitFor();
    await job.settle('pass', { exitCode: 0 });
    await state(page, 'pass');
  });
});

test('a page has exactly one stream of events, however much changes on it, and none where nothing does', async () => {
  const { url, token, admin } = server();
  const { page, streams } = await visitor();
  const job = await begunJob(admin, url, token, { type: 'streamed' });
  for (const path of ['/jobs', `/jobs/${job.id}`, '/workers']) {
    await page.goto(url + path);
    await expect.poll(() => streams.size, { message: path }).toBe(1);
  }
  await page.goto(`${url}/jobs/${job.id}`);
  for (const text of ['first', 'second', 'third']) {
    await job.log(`${text}\n`);
    await page.getByText(text, { exact: true }).waitFor();
  }
  expect(streams.size).toBe(1);
  for (const path of ['/recipes', '/schedules', '/history']) {
    await page.goto(url + path);
    // The one of the page before is told to have ended a moment later.
    await expect.poll(() => streams.size, { message: path }).toBe(0);
  }
});

/** A token that may read for so many ms. */
async function shortLived(ms: number): Promise<string> {
  const { url, token } = server();
  const body = JSON.stringify({
    ...{ name: 'short', role: 'read' },
    expires: new Date(Date.now() + ms).toISOString(),
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const made = await fetch(`${url}/api/tokens`, { method: 'POST', body, headers });
  return ((await made.json()) as { token: string }).token;
}

describe('a page whose session is over while it is looked at asks to log in', () => {
  test('for its token has expired', async () => {
    const { url, admin } = server();
    const job = await admin.submit({ type: 'never', name: 'looked at' });
    const { page, complaints } = await person();
    const here = `${url}/jobs/${job}`;
    // Long enough to log in by it on this machine, however busy it is.
    for (let ms = 4000; page.url() !== here; ms *= 2) {
      expect(ms).toBeLessThan(100_000);
      await page.goto(`${url}/login?next=/jobs/${job}`);
      await page.getByText('Log in by a token').click();
      await page.getByLabel('Token').fill(await shortLived(ms));
      const loaded = page.waitForEvent('load');
      await page.getByRole('button', { name: 'Log in by token' }).click();
      await loaded;
    }
    await page.waitForURL((to) => to.pathname === '/login');
    expect(complaints.splice(0).join('\n')).toMatch(/401/);
  });

  test('for its user was removed', async () => {
    const { url, admin } = server();
    const { page, complaints, name, streams } = await visitor();
    await expect.poll(() => streams.size).toBe(1);
    await admin.removeUser(name);
    await page.waitForURL(`${url}/login?next=%2Fjobs`);
    expect(complaints.splice(0).join('\n')).toMatch(/401/);
  });
});
