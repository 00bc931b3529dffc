import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { InterruptedError } from '../../../../common/errors.ts';
import { jobsCommands } from '../../../../main/commands/jobs/entries.ts';
import { schedulesCommand } from '../../../../main/commands/jobs/schedules.ts';
import { submitCommand } from '../../../../main/commands/jobs/submit.ts';
import { aServer } from '../../jobs/fixtures/a-server.ts';
import { shellOf } from '../../jobs/fixtures/a-shell.ts';
import { dataFolder } from '../../jobs/fixtures/three-databases.ts';

const server = aServer();
const place = dataFolder();
const shell = shellOf(server, place);

test('what submit takes, a schedule takes, too', () => {
  const optionsOf = (name: string) =>
    jobsCommands.find((entry) => entry.name === name)?.options.map(([flags]) => flags) ?? [];
  const ofSchedules = optionsOf('schedules');
  expect(optionsOf('submit').filter((flags) => !ofSchedules.includes(flags))).toEqual(['--wait']);
});

test('a schedule has all that a submission has: the same words make the same jobs', async () => {
  const { admin, recipes } = server();
  mkdirSync(join(place, 'tree'));
  writeFileSync(join(place, 'tree/go.sh'), '');
  writeFileSync(join(place, 'tree/key'), 'very secret\n');
  const before = await admin.submit({ type: 'never' });
  const flags = {
    ...{ priority: 7, label: 'kvm', platform: 'linux', timeLimit: '30m', attempts: 3, after: before },
    ...{
      matrix: ['os=bookworm,trixie', 'MODE=fast'],
      secret: 'KEY=file:tree/key',
      with: 'tree',
      timeout: 60,
    },
    ...{ notBefore: '2030-01-01T00:00:00Z', name: 'it' },
  };
  const submitted = await shell(submitCommand, ['script', 'tree/go.sh'], flags);
  const times = { cron: '0 2 * * *', zone: 'Asia/Tokyo' };
  const added = await shell(schedulesCommand, ['add', 'nightly', 'script', 'tree/go.sh'], {
    ...flags,
    ...times,
  });
  expect(added.printed).toMatch(/^nightly: 0 2 \* \* \* \(Asia\/Tokyo\)\n/);
  const ran = await shell(schedulesCommand, ['run', 'nightly']);
  const jobsOf = async ({ printed }: { readonly printed: string }) => {
    const all = await admin.jobs({ matrix: printed.trim() });
    const whole = await Promise.all(all.map(({ id }) => admin.job(id)));
    return whole
      .map(({ name, priority, labels, timeLimit, cell, after, spec }) => ({
        ...{ name, priority, labels, timeLimit, cell, after: after.map(({ id }) => id) },
        spec,
      }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  };
  const jobs = await jobsOf(submitted);
  expect(await jobsOf(ran)).toEqual(jobs);
  expect(jobs).toMatchObject([
    { name: 'it os=bookworm MODE=fast', priority: 7, timeLimit: 1800, after: [before], labels: ['kvm'] },
    { cell: { os: 'trixie', MODE: 'fast' }, spec: { secrets: ['KEY'], attempts: 3, platform: 'linux' } },
  ]);
  expect((await shell(schedulesCommand, ['list'])).printed).toMatch(
    /nightly .* Asia\/Tokyo +\d{4}-\d\d-\d\d 02:00 GMT\+9 +2 × script/,
  );
  expect(JSON.stringify(await recipes.schedules())).not.toContain('very secret');
  await expect(
    shell(schedulesCommand, ['add', 'x', 'script', 'tree/go.sh'], { ...times, matrix: 'os' }),
  ).rejects.toThrow('--matrix takes name=value,value');
});

/** Waits until a job with that label is there, and gives its id. */
const jobOf = (label: string) =>
  vi.waitFor(async () => {
    const [job] = await server().admin.jobs({ label });
    if (!job) throw new Error('not yet');
    return job.id;
  });

test('who waits for a job is told why it waits, and what it came to', async () => {
  writeFileSync(join(place, 'wait.sh'), '');
  const { admin } = server();
  const before = await admin.submit({ type: 'never', name: 'first' });
  const waiting = shell(submitCommand, ['script', 'wait.sh'], { wait: true, after: before, label: 'w1' });
  const id = await jobOf('w1');
  await vi.waitFor(async () => expect((await admin.job(id)).waitingFor).toBe('dependency'));
  await admin.act(before, 'cancel');
  const { code, told } = await waiting;
  expect(code).toBe(3);
  expect(told).toContain(`shakedown: job ${id}\n`);
  expect(told).toMatch(new RegExp(`^shakedown: job ${id} ended: skipped: .*${before}`, 'm'));
  const other = shell(submitCommand, ['script', 'wait.sh'], { wait: true, label: 'w2' });
  const second = await jobOf('w2');
  await vi.waitFor(async () => expect((await admin.job(second)).waitingFor).toBe('no-worker'));
  await admin.act(second, 'cancel');
  const cancelled = await other;
  expect(cancelled.code).toBe(130);
  expect(cancelled.told).toMatch(/^shakedown: waits: no worker offers .*'w2'/m);
  expect(cancelled.told).toContain(`shakedown: job ${second} ended: cancelled\n`);
});

test('who no longer waits for a job is told that it goes on', async () => {
  writeFileSync(join(place, 'wait.sh'), '');
  const interrupt = new AbortController();
  const words = ['script', 'wait.sh'];
  const told: string[] = [];
  const stderr = { write: (text: string) => void told.push(text) };
  const { url, token } = server();
  const waiting = submitCommand(words, { rest: [], wait: true, label: 'w3' }, {
    ...{ env: { SHAKEDOWN_SERVER: url, SHAKEDOWN_TOKEN: token }, cwd: place, signal: interrupt.signal },
    ...{ stdout: { write: () => true }, stderr, cacheDir: join(place, '.cache') },
  } as never);
  const id = await jobOf('w3');
  await vi.waitFor(() => expect(told.join('')).toContain('waits: '));
  interrupt.abort(new InterruptedError());
  await expect(waiting).rejects.toThrow('interrupted');
  expect(told.at(-1)).toBe(`shakedown: ${id} goes on; 'shakedown jobs cancel ${id}' would end it\n`);
  expect((await server().admin.job(id)).state).toBe('queued');
});
