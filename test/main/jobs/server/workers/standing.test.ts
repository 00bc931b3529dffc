import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { quotasCommand } from '../../../../../main/commands/jobs/quotas.ts';
import { workersCommand } from '../../../../../main/commands/jobs/workers.ts';
import { aServer } from '../../fixtures/a-server.ts';
import { shellOf } from '../../fixtures/a-shell.ts';
import { TestWorker } from '../../fixtures/test-worker.ts';
import { dataFolder } from '../../fixtures/three-databases.ts';

const server = aServer();
const folder = dataFolder();
let count = 0;

/** What a command prints. */
const shell = async (...args: Parameters<ReturnType<typeof shellOf>>) =>
  (await shellOf(server, folder)(...args)).printed;

function aWorker(act: TestWorker['act'] = async () => 1, more = {}) {
  const type = `s${count++}`;
  const { url, workerToken } = server();
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const worker = new TestWorker({ server: url, token: workerToken, name: type, folder, tell, ...more });
  worker.jobtypes = type;
  worker.act = act;
  onTestFinished(() => worker.stop({ endJobs: true }));
  return { worker, type, told };
}

const waitingOf = async (id: string) => (await server().admin.job(id)).waiting;
const stateOf = async (id: string) => (await server().admin.job(id)).state;

describe('a worker that others want something of', () => {
  test('gets no jobs while it is paused, is told so, and gets them when it is resumed', async () => {
    const { worker, type, told } = aWorker();
    worker.start();
    const { admin, workerToken } = server();
    await vi.waitFor(async () => expect(await shell(workersCommand, ['list'])).toContain(type));
    await shell(workersCommand, ['pause', type], { note: 'new disk', for: '2h' }, workerToken);
    const id = await admin.submit({ type });
    await vi.waitFor(async () => expect(await waitingOf(id)).toMatch(/paused: .* by w, 'new disk', until 2/));
    await worker.pushStatus();
    expect(told.at(-1)).toMatch(/^paused by w: 'new disk', until 2/);
    expect(await shell(workersCommand, ['list'])).toMatch(
      new RegExp(`${type}.*paused by w \\(new disk\\) until 2`),
    );
    expect(await stateOf(id)).toBe('queued');
    await shell(workersCommand, ['resume', type]);
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('done'));
    await worker.pushStatus();
    expect(told.at(-1)).toBe('goes on');
  });

  test('stays paused when it is started again', async () => {
    const first = aWorker();
    first.worker.start();
    await vi.waitFor(async () => expect(await shell(workersCommand, ['list'])).toContain(first.type));
    await shell(workersCommand, ['pause', first.type]);
    await first.worker.stop();
    const { worker } = aWorker(undefined, { name: first.type });
    worker.jobtypes = first.type;
    worker.start();
    const id = await server().admin.submit({ type: first.type });
    await vi.waitFor(async () => expect(await waitingOf(id)).toContain('until it is resumed'));
    await shell(workersCommand, ['resume', first.type]);
    await vi.waitFor(async () => expect(await stateOf(id)).toBe('done'));
  });

  test('ends after its jobs when it is drained, which it hears of at once', async () => {
    const goOn = Promise.withResolvers<void>();
    const { worker, type, told } = aWorker(() => goOn.promise, { slots: 2 });
    const { admin } = server();
    const [id, other] = [await admin.submit({ type }), await admin.submit({ type })];
    const running = worker.run();
    for (const each of [id, other]) await vi.waitFor(async () => expect(await stateOf(each)).toBe('running'));
    await shell(workersCommand, ['drain', type]);
    const next = await admin.submit({ type });
    expect(await waitingOf(next)).toContain('draining, and end after their jobs');
    goOn.resolve();
    await running;
    expect(await Promise.all([id, other, next].map(stateOf))).toEqual(['done', 'done', 'queued']);
    expect(told).toContain('is to end: takes no further job');
  });

  test('and an idle one ends at once', async () => {
    const { worker, type } = aWorker();
    const running = worker.run();
    await vi.waitFor(async () => expect(await shell(workersCommand, ['list'])).toContain(type));
    await shell(workersCommand, ['drain', type]);
    await running;
    await vi.waitFor(async () => expect(await shell(workersCommand, ['list'])).not.toContain(type));
  });

  test.each([
    [['pause'], {}, 'which?'],
    [['shoot', 'x'], {}, 'no such action'],
    [['pause', 'x'], { for: '2 hours' }, '--for takes a duration'],
    [['drain', 'nobody'], {}, 'there is no worker nobody'],
  ])('workers %j %j is refused', async (args, options, words) => {
    await expect(shell(workersCommand, args, options)).rejects.toThrow(words);
  });

  test('a reader may not', async () => {
    const { token } = await server().admin.makeToken('r', 'read');
    await expect(shell(workersCommand, ['drain', 'x'], {}, token)).rejects.toThrow("'read' may not");
  });
});

test('--once does one job, though it has slots for more', async () => {
  const { worker, type } = aWorker(undefined, { slots: 3 });
  const { admin } = server();
  const ids = [await admin.submit({ type }), await admin.submit({ type })];
  await worker.run({ once: true });
  expect((await Promise.all(ids.map(stateOf))).sort()).toEqual(['done', 'queued']);
});

test('a worker does as many jobs at once as it has slots', async () => {
  const goOn = Promise.withResolvers<void>();
  let [atOnce, most] = [0, 0];
  const { worker, type } = aWorker(
    async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await goOn.promise;
      atOnce -= 1;
    },
    { slots: 2 },
  );
  const { admin } = server();
  const ids: string[] = [];
  for (let each = 0; each < 4; each++) ids.push(await admin.submit({ type }));
  worker.start();
  await vi.waitFor(async () => expect(await waitingOf(ids[3] ?? '')).toContain('busy'));
  goOn.resolve();
  for (const id of ids) await vi.waitFor(async () => expect(await stateOf(id)).toBe('done'));
  expect(most).toBe(2);
  const last = await admin.submit({ type });
  await vi.waitFor(async () => expect(await stateOf(last)).toBe('done'));
});

test('a job that waits for a busy worker is told when that is probably free', async () => {
  const { admin } = server();
  const goOn = Promise.withResolvers<void>();
  let first = true;
  const { worker, type } = aWorker(async () => {
    if (!first) await goOn.promise;
    first = false;
  });
  worker.start();
  const past = await admin.submit({ type, name: 'known' });
  await vi.waitFor(async () => expect(await stateOf(past)).toBe('done'));
  const under = await admin.submit({ type, name: 'known' });
  await vi.waitFor(async () => expect(await stateOf(under)).toBe('running'));
  const id = await admin.submit({ type, name: 'known' });
  const { expectedStart, waitingFor, waiting } = await admin.job(id);
  expect([waitingFor, typeof expectedStart]).toEqual(['worker-busy', 'string']);
  expect(waiting).toContain('free by about 2');
  goOn.resolve();
});

describe('a quota', () => {
  test('is set, listed, told to who waits for it, and removed', async () => {
    const { admin } = server();
    const goOn = Promise.withResolvers<void>();
    const { worker, type } = aWorker(() => goOn.promise, { slots: 5 });
    worker.start();
    await shell(quotasCommand, ['set', 'first', '1']);
    const ids = [await admin.submit({ type }), await admin.submit({ type })];
    await vi.waitFor(async () =>
      expect(await waitingOf(ids[1] ?? '')).toBe('quota: 1 jobs of first run, and 1 may at once'),
    );
    expect(await shell(quotasCommand, ['list'])).toMatch(/first +1 +1 +[1-9]/);
    await shell(quotasCommand, ['remove', 'first']);
    await vi.waitFor(async () => expect(await stateOf(ids[1] ?? '')).toBe('running'));
    goOn.resolve();
  });

  test.each([
    [['set', 'x', 'many'], 'how many jobs at once?'],
    [['set'], 'whose?'],
    [['remove', 'nobody'], 'there is no quota for nobody'],
  ])('%j is refused', async (args, words) => {
    await expect(shell(quotasCommand, args)).rejects.toThrow(words);
  });

  test('is for admins to change', async () => {
    const { token } = await server().admin.makeToken('s', 'submit');
    await expect(shell(quotasCommand, ['set', 's', '100'], {}, token)).rejects.toThrow("'submit' may not");
  });
});
