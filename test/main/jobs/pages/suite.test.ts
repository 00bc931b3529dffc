import { expect, test } from 'vitest';
import { aServer } from '../fixtures/a-server.ts';
import { aBrowser } from './a-browser.ts';
import { begunJob } from './raw-worker.ts';

const server = aServer({ binaries: false, open: true });
const person = aBrowser();

const begun = (runner: string, ...files: string[]) => ({
  ...{ at: 5100, type: 'files-begun', runner, node: 'db1', files },
});
const result = (file: string, verdict: string, settled: number, message?: string) => ({
  ...{ at: 5200, type: 'file-result', file, verdict, durationMs: 7, settled, files: 3, message },
});

test('a distribution is followed runner by runner, and repeated for what failed alone', async () => {
  const { admin, url, token } = server();
  const job = await begunJob(admin, url, token, { type: 'distribute', name: 'shop' });
  const { page } = await person({ viewport: { width: 360, height: 740 } });
  await page.goto(`${url}/jobs/${job.id}`);
  await job.tell([begun('0_0', 'spec/a_spec.rb', 'spec/b_spec.rb'), begun('0_1', 'spec/c_spec.rb')]);
  await page.getByRole('cell', { name: 'spec/a_spec.rb and 1 more' }).waitFor();
  const badge = page.locator('.runners .state', { hasText: '0_0' });
  expect(await badge.isVisible()).toBe(true);
  await job.tell([
    result('spec/c_spec.rb', 'fail', 1, 'it exits with 1'),
    { ...begun('0_1'), type: 'files-ended' },
  ]);
  await page.getByRole('heading', { name: 'Test files 1 of 3, 1 failed' }).waitFor();
  await expect(page.getByRole('progressbar').getAttribute('value')).resolves.toBe('1');
  await page
    .getByRole('listitem')
    .filter({ hasText: 'spec/c_spec.rb' })
    .getByText('it exits with 1')
    .waitFor();
  await page.getByRole('row', { name: /0_1/ }).getByText('nothing').waitFor();
  const again = page.getByRole('button', { name: 'Run the failed ones again' });
  expect(await again.isVisible()).toBe(false);
  const overflow = 'document.documentElement.scrollWidth - innerWidth';
  expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
  await job.settle('fail', { exitCode: 1 });
  await again.click();
  await page.getByText('The job waits for a worker again.').waitFor();
  expect(await admin.job(job.id)).toMatchObject({ state: 'queued', spec: { failedOnly: true } });
  await admin.act(job.id, 'cancel');
  await page.reload();
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('The job waits for a worker again.').waitFor();
  expect(await admin.job(job.id)).toMatchObject({ state: 'queued', spec: { failedOnly: false } });
});
