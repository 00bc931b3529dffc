import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorker } from './test-worker.ts';

/** A program that does one job: tells its clock and how far it is. */
const [server = '', token = '', type = ''] = process.argv.slice(2);
const worker = new TestWorker({ server, token, name: type, folder: join(tmpdir(), `sd-${type}`) });
worker.jobtypes = type;
worker.act = async (_job, context) => {
  const at = Date.now();
  await context.tellEvents([
    { at, type: 'run-started', eventsVersion: 1, run: 'r', scenario: 's', directory: '/' },
    { at: at + 5, type: 'phase-started', phase: 'check' },
  ]);
  return new Date().toISOString();
};
await worker.run({ once: true });
