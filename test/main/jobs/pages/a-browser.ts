import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

export interface Person {
  readonly page: Page;
  /** What the browser complained about: scripts that failed, what the policy forbade, what was not there. */
  readonly complaints: string[];
}

/** Debian's Chromium for all tests of a file; each person in it has cookies of their own. */
export function aBrowser(): (options?: BrowserContextOptions) => Promise<Person> {
  let browser: Browser | undefined;
  const people: Person[] = [];
  beforeAll(async () => {
    // Its own sandbox is not to be had as root.
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  afterEach(async () => {
    const complaints = people.flatMap((person) => person.complaints);
    for (const { page } of people.splice(0)) await page.context().close();
    expect(complaints).toEqual([]);
  });
  afterAll(() => browser?.close());
  return async (options = {}) => {
    if (!browser) throw new Error('it has not started');
    const context = await browser.newContext(options);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    people.push({ page, complaints });
    return { page, complaints };
  };
}

export async function logIn(page: Page, url: string, name: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.waitForURL(`${url}/jobs`);
}
