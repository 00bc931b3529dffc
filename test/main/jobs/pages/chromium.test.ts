import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { type RunningServer, startServer } from '../../../../main/jobs/server/start-server.ts';
import { dataFolder } from '../fixtures/three-databases.ts';
import { aBrowser, logIn } from './a-browser.ts';
import { begunJob } from './raw-worker.ts';

const password = 'correct horse battery';
const folder = dataFolder();
const person = aBrowser();
let server: RunningServer;
let admin: JobsApi;
let token: string;

const start = (port = 0) =>
  startServer({ folder, binaries: false, host: '127.0.0.1', port, tell: () => undefined });
const begun = (job?: Parameters<typeof begunJob>[3]) => begunJob(admin, server.url, token, job);

beforeAll(async () => {
  server = await start();
  token = server.firstToken ?? '';
  admin = new JobsApi({ server: server.url, token, patience: 60 });
  await admin.addUser({ name: 'alice', role: 'admin', password });
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function alice(options?: Parameters<typeof person>[0]): Promise<Page> {
  const { page } = await person(options);
  await logIn(page, server.url, 'alice', password);
  return page;
}

/** An element of a page. */
interface Box {
  scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  getBoundingClientRect(): { readonly top: number };
}
const isAtEnd = (element: Box) => element.scrollHeight - element.scrollTop - element.clientHeight < 40;
const toTop = (element: Box) => {
  element.scrollTop = 0;
};
const topOf = (element: Box) => element.getBoundingClientRect().top;

const evaluated = <T>(page: Page, script: string): Promise<T> => page.evaluate(script) as Promise<T>;

describe('the login', () => {
  test('by keyboard alone: to the content, into the fields, in, and on to a job', async () => {
    const job = await begun({ name: 'by keyboard' });
    const { page } = await person();
    await page.goto(server.url);
    await page.keyboard.press('Tab');
    expect(await evaluated(page, 'document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    for (const text of ['alice', password]) {
      await page.keyboard.press('Tab');
      await page.keyboard.type(text);
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/jobs`);
    await page.getByText('trial database: outlives a killed process, not a power cut').waitFor();
    const focused = () => evaluated<string>(page, 'document.activeElement.textContent');
    for (let n = 0; n < 60 && (await focused()) !== 'by keyboard'; n++) {
      await page.keyboard.press('Tab');
      // Wherever one is, it is seen.
      expect(await evaluated(page, 'getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/jobs/${job.id}`);
  });

  test('with a wrong password says so, and keeps the name', async () => {
    const { page, complaints } = await person();
    await page.goto(`${server.url}/jobs`);
    await page.getByLabel('Name').fill('alice');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('no user with this name and this password').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('alice');
    // Chromium tells of each answer of this kind.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });
});

describe('what goes on is seen without a reload', () => {
  test('a job that is submitted, begun, done', async () => {
    const page = await alice();
    const type = `live-${Math.random()}`;
    const job = await begun({ type, name: type });
    const row = page.locator(`#job-${job.id}`);
    await row.getByText('running').waitFor();
    await job.settle('fail', {});
    await row.getByText('fail').waitFor();
    await admin.act(job.id, 'retry');
    await row.getByText('queued').waitFor();
  });

  test('however late each of its scripts comes', async () => {
    const page = await alice();
    let late = 0;
    // The first one comes at once.
    await page.route(/\.m?js$/, (route) => void setTimeout(() => route.continue(), 500 * late++));
    const job = await begun({ name: 'late' });
    await page.goto(`${server.url}/jobs/${job.id}`);
    await job.log('said\n');
    await page.getByText('said', { exact: true }).waitFor();
  });

  test('a log and its end, phases and checks, files and the report', async () => {
    const { page, complaints } = await person();
    await logIn(page, server.url, 'alice', password);
    const job = await begun({ name: 'followed' });
    await page.goto(`${server.url}/jobs/${job.id}`);
    await job.log(Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join(''));
    await page.getByText('line 299').waitFor();
    const log = page.locator('#log-scroll');
    await expect.poll(() => log.evaluate(isAtEnd)).toBe(true);
    await log.evaluate(toTop);
    await expect.poll(() => page.getByLabel('Follow').isChecked()).toBe(false);
    await job.log('\x1b[31mred\x1b[0m one\n');
    await page.locator('#log-tail .fg1', { hasText: 'red' }).waitFor();
    expect(await log.evaluate((element: Box) => element.scrollTop)).toBe(0);
    await job.tell([
      { at: 0, type: 'run-started' },
      { at: 1, type: 'phase-started', phase: 'install', node: 0 },
      { at: 2, type: 'check-ended', check: { name: 'it holds', verdict: 'pass', durationMs: 5 } },
    ]);
    await page.getByRole('columnheader', { name: 'install' }).waitFor();
    await page.getByText('it holds').waitFor();
    const link = '<a href="nodes/0/tester.log">its log</a>';
    const body = `<body><h1>What it came to</h1>${link}<script>document.body.remove()</script></body>`;
    await job.artifact('run/report.html', `<!doctype html><html><head></head>${body}</html>`);
    await job.artifact('run/nodes/0/tester.log', 'said on node 0');
    await job.settle('pass', { exitCode: 0 });
    await page.locator('.state.big', { hasText: 'pass' }).waitFor();
    await page.getByText('Report', { exact: true }).click();
    const report = page.frameLocator('iframe');
    await report.getByRole('heading', { name: 'What it came to' }).waitFor();
    await expect.poll(() => complaints.splice(0)).toEqual([expect.stringContaining('Blocked script')]);
    // The browser does not say in a frame like this who asks; outside of it, it does.
    const opened = page.waitForEvent('popup');
    await report.getByRole('link', { name: 'its log' }).click();
    await (await opened).getByText('said on node 0').waitFor();
  });

  test('what one has opened stays open when something changes around it', async () => {
    const page = await alice();
    const job = await begun({ name: 'opened', worker: 'talker', client_info: { load: 1 } });
    await page.goto(`${server.url}/workers`);
    const card = page.locator('.worker', { hasText: 'talker' });
    await card.getByText('What it says of itself').click();
    await card.getByText('"load": 1').waitFor();
    await job.settle('pass');
    await card.getByText('idle').waitFor();
    expect(await card.getByText('"load": 1').isVisible()).toBe(true);
  });

  test('a job is cancelled, after a question, and run again', async () => {
    const page = await alice();
    const job = await begun({ name: 'to be ended' });
    await page.goto(`${server.url}/jobs/${job.id}`);
    page.once('dialog', (dialog) => dialog.dismiss());
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect((await admin.job(job.id)).state).toBe('running');
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('The job is cancelled').waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByText('waits for a worker again').waitFor();
    expect((await admin.job(job.id)).state).toBe('queued');
  });

  test('a server that was away is told, and the page goes on when it is back', async () => {
    const { page, complaints } = await person();
    await logIn(page, server.url, 'alice', password);
    const port = Number(new URL(server.url).port);
    await server[Symbol.asyncDispose]();
    await page.getByText('The server does not answer').waitFor();
    server = await start(port);
    await page.getByText('The server does not answer').waitFor({ state: 'hidden' });
    const job = await begun({ name: 'after the pause' });
    await page.locator(`#job-${job.id}`).waitFor();
    for (const complaint of complaints.splice(0))
      expect(complaint).toMatch(/Failed to load|ERR_|network error|Failed to fetch/);
  });
});

describe('a log', () => {
  test('of a gigabyte opens at its end', async () => {
    const page = await alice();
    const [small, large] = [await begun({ name: 'small' }), await begun({ name: 'large' })];
    const end = 'the last line\n';
    for (const job of [small, large]) await job.log(`first\n${end}`);
    const file = join(folder, 'files/jobs', large.id, '1/log');
    truncateSync(file, 2 ** 30);
    writeFileSync(file, `\n${end}`, { flag: 'a' });
    const opened = async (id: string): Promise<number> => {
      const began = performance.now();
      await page.goto(`${server.url}/jobs/${id}`);
      await page.getByText('the last line').waitFor();
      return performance.now() - began;
    };
    await opened(small.id);
    const [one, other] = [await opened(small.id), await opened(large.id)];
    expect(other).toBeLessThan(5 * one + 500);
    await page.getByRole('button', { name: 'Earlier lines (1.1 GB)' }).waitFor();
  });

  test('is searched: what was found is shown where it stands, and the end is there again', async () => {
    const page = await alice();
    const job = await begun({ name: 'searched' });
    const lines = Array.from({ length: 30_000 }, (_, i) => (i === 777 ? 'the Needle\n' : `line ${i}\n`));
    await job.log(lines.join(''));
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.getByLabel('Search the log').fill('NEEDLE');
    await page.keyboard.press('Enter');
    await page.getByText('1 line has “NEEDLE”').waitFor();
    await page.getByLabel('Search the log').fill('line 1');
    await page.keyboard.press('Enter');
    await page.getByText('200 or more lines have “line 1”').waitFor();
    await page.getByRole('button', { name: 'More from line 1090 on' }).click();
    await page.getByRole('button', { name: '1090 line 1089' }).waitFor();
    await page.getByLabel('Search the log').fill('NEEDLE');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: '778 the Needle' }).click();
    await page.locator('#log-away .hit', { hasText: 'the Needle' }).waitFor();
    await page.getByText('line 776', { exact: true }).waitFor();
    await job.log('said meanwhile\n');
    expect(await page.getByText('line 29999', { exact: true }).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Back to the end' }).click();
    await page.getByText('said meanwhile').waitFor();
    await expect.poll(() => page.getByLabel('Follow').isChecked()).toBe(true);
  });

  test('keeps the place that is read when earlier lines come in', async () => {
    const page = await alice();
    const job = await begun({ name: 'long' });
    await job.log(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
    await page.goto(`${server.url}/jobs/${job.id}`);
    const log = page.locator('#log-scroll');
    await log.evaluate(toTop);
    const first = page.locator('#log-tail .ln').first();
    const text = (await first.textContent()) ?? '';
    const line = page.locator('#log-tail .ln').getByText(text, { exact: true });
    const before = await line.evaluate(topOf);
    await page.getByRole('button', { name: 'Earlier lines' }).click();
    await expect.poll(() => first.textContent()).not.toBe(text);
    await expect
      .poll(async () => Math.abs(Number(await line.evaluate(topOf)) - Number(before)))
      .toBeLessThan(60);
  });
});

const others = [
  '/workers',
  '/recipes',
  '/schedules',
  '/history',
  '/history/of?type=live&name=plotted',
  '/quotas',
  '/tokens',
  '/users',
];

test('a recipe is uploaded, built and scheduled, and a history plotted', async () => {
  const page = await alice();
  await page.goto(`${server.url}/recipes`);
  const bytes = Buffer.from('export function unit() {}\n');
  await page.getByLabel('Name').fill('app');
  await page.getByLabel('File').setInputFiles({ name: 'recipe.ts', mimeType: 'text/plain', buffer: bytes });
  await page.getByRole('button', { name: 'Upload' }).click();
  await page.getByRole('button', { name: 'Build unit of app' }).click();
  await page.getByRole('heading', { name: 'app unit' }).waitFor();
  await page.getByRole('link', { name: 'Schedules' }).click();
  await page.getByLabel('Name').fill('nightly');
  await page.getByLabel('When').fill('0 3 * * *');
  await page.getByLabel('What').selectOption('task app unit');
  await page.getByText('More: labels').click();
  await page.getByLabel('Secrets').fill('TOKEN=very secret');
  await page.getByLabel('Matrix').fill('part=api,web');
  await page.getByRole('button', { name: 'Make it' }).click();
  const row = page.locator('#schedule-nightly');
  await row.getByText(/^in /).waitFor();
  await row.getByText('2 × build app unit').waitFor();
  for (const verdict of ['pass', 'fail', 'pass'] as const) {
    const job = await begun({ type: 'live', name: 'plotted' });
    await job.settle(verdict);
  }
  await page.goto(`${server.url}/history`);
  await page.getByRole('link', { name: 'plotted' }).click();
  await page.locator('#plot canvas').waitFor();
});

test('quotas are set, changed and removed by keyboard, and what runs and waits is seen as it happens', async () => {
  const page = await alice({ viewport: { width: 360, height: 700 } });
  await page.goto(`${server.url}/quotas`);
  await page.getByLabel('Submitter').fill('first');
  await page.keyboard.press('Tab');
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  await page.getByText('Changed.').waitFor();
  const row = page.getByRole('row', { name: /^first/ });
  const jobs = await admin.jobs({ state: 'queued', submitter: 'first' });
  await admin.submit({ type: 'never' });
  await row.getByRole('link', { name: String(jobs.length + 1), exact: true }).waitFor();
  await row.getByRole('link', { name: 'Change the quota of first' }).click();
  expect(await page.getByLabel('Jobs at once').inputValue()).toBe('1');
  await page.getByLabel('Jobs at once').fill('7');
  await page.keyboard.press('Enter');
  await row.getByText('7', { exact: false }).first().waitFor();
  await page.getByLabel('Submitter').fill('*');
  await page.getByLabel('Jobs at once').fill('3');
  await page.getByRole('button', { name: 'Set the quota' }).click();
  await page.getByText('each without a quota of its own').waitFor();
  page.on('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Remove the quota of first' }).click();
  await row.getByText('as for all').waitFor();
  await page.getByRole('button', { name: 'Remove the quota of all others' }).click();
  await row.getByText('any number').waitFor();
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test('every page is as wide as a phone, and its text stands out', async () => {
    const page = await alice({ colorScheme, viewport: { width: 360, height: 700 } });
    const job = await begun({
      name: `a-name-without-any-place-to-break-it-${'x'.repeat(80)}`,
      labels: ['a', 'b'],
    });
    await job.log(`${'long '.repeat(100)}\n${'x'.repeat(500)}\n`);
    const node = { id: 0, name: 'node-with-a-long-name', address: '10.0.0.1', role: 'primary' };
    const phases = ['connect', 'clean', 'install', 'ship', 'setup', 'start', 'check'];
    await job.tell([
      { at: 0, type: 'run-started' },
      { at: 1, type: 'nodes-known', nodes: [node] },
      ...phases.map((phase) => ({ at: 2, type: 'phase-started', phase, node: 0 })),
    ]);
    await job.artifact(`run/${'y'.repeat(200)}.log`, 'x');
    await job.settle('error', { why: 'z'.repeat(300) });
    const files = `/jobs/${job.id}/attempts/1/browse/run/`;
    for (const path of ['/jobs', `/jobs/${job.id}`, files, ...others]) {
      await page.goto(server.url + path);
      const wider = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await evaluated(page, wider), path).toBe(0);
      expect(await evaluated(page, faint), path).toEqual([]);
    }
    const back = await evaluated<string>(page, 'getComputedStyle(document.body).backgroundColor');
    const [red = 0] = back.match(/\d+/g)?.map(Number) ?? [];
    expect(red > 128).toBe(colorScheme === 'light');
  });
});

/** What is shown with a contrast below 4.5 (WCAG 2.2, 1.4.3), by its text. */
const faint = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * (top[3] / 255) + under[i] * (1 - top[3] / 255));
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const chain = (e) => (e ? [...chain(e.parentElement), e] : []);
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join('');
    if (text === '' || !e.checkVisibility()) continue;
    const back = chain(e).reduce((under, each) => over(rgba(getComputedStyle(each).backgroundColor), under), [255, 255, 255]);
    const opacity = chain(e).reduce((all, each) => all * Number(getComputedStyle(each).opacity), 1);
    const fore = rgba(getComputedStyle(e).color);
    const colour = over([...fore.slice(0, 3), fore[3] * opacity], back);
    const [a, b] = [light(colour), light(back)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) found.push(text.slice(0, 40) + ': ' + contrast.toFixed(2));
  }
  return found;
})()`;
