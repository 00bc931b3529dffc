import { expect, test, vi } from 'vitest';
import { jobsCommand } from '../../../../main/commands/jobs/jobs.ts';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { WorkersApi } from '../../../../main/jobs/client/workers-api.ts';
import { waitingReason } from '../../../../main/jobs/protocol.ts';
import { aServer } from '../fixtures/a-server.ts';
import { shellOf } from '../fixtures/a-shell.ts';
import { dataFolder } from '../fixtures/three-databases.ts';
import { visitorWith } from './visitor.ts';

const server = aServer();
const shell = shellOf(server, dataFolder());

/** As HTML has it. */
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

test('each reason for which a job waits is told in the same words by the API, the commands and the page', async () => {
  const { admin, url, token } = server();
  const workers = new WorkersApi({ server: url, token });
  /** One that only says that it is there. */
  const worker = (name: string, more: object = {}) =>
    admin.register({ protocol: 1, name, capabilities: { jobtypes: name }, beatSeconds: 86_400, ...more });
  const limited = await admin.makeToken('limited', 'submit');
  await workers.setQuota('limited', 0);
  await worker('gone', { beatSeconds: 1 });
  for (const name of ['draining', 'paused', 'idle']) await worker(name);
  await workers.act('draining', 'drain');
  await workers.pause('paused', { note: 'a "new" <disk>' });
  const busy = await worker('busy');
  await admin.submit({ type: 'busy' });
  const claimed = { worker: busy, request: 'r', wait: 10, lease: 600 };
  expect(await admin.claim(claimed, new AbortController().signal)).toBeDefined();
  const first = await admin.submit({ type: 'nobody does it' });
  const ids = {
    'not-before': await admin.submit({ type: 'idle', notBefore: '2100-01-01T00:00:00Z' }),
    dependency: await admin.submit({ type: 'idle', after: [first] }),
    'no-worker': first,
    'worker-gone': await admin.submit({ type: 'gone' }),
    'worker-draining': await admin.submit({ type: 'draining' }),
    'worker-paused': await admin.submit({ type: 'paused' }),
    'worker-busy': await admin.submit({ type: 'busy' }),
    quota: await new JobsApi({ server: url, token: limited.token }).submit({ type: 'idle' }),
    worker: await admin.submit({ type: 'idle' }),
  };
  expect(Object.keys(ids).sort()).toEqual(waitingReason.options.toSorted());
  await vi.waitFor(async () => expect((await admin.job(ids['worker-gone'])).waitingFor).toBe('worker-gone'), {
    interval: 200,
  });
  const visitor = await visitorWith(url, token);
  const listed = (await shell(jobsCommand, ['list'])).printed;
  const page = (await visitor.get('/jobs')).text;
  for (const [reason, id] of Object.entries(ids)) {
    const { waiting = '', waitingFor } = await admin.job(id);
    expect(waitingFor, reason).toBe(reason);
    expect(waiting, reason).toMatch(/\w{3}/);
    expect(listed, reason).toContain(waiting);
    expect((await shell(jobsCommand, ['show', id])).printed, reason).toContain(`waits: ${waiting}\n`);
    expect(page, reason).toContain(escaped(waiting));
    expect((await visitor.get(`/jobs/${id}`)).text, reason).toContain(escaped(waiting));
  }
});
