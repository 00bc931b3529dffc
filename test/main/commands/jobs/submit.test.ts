import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
  expect((await shell(schedulesCommand, ['list'])).printed).toMatch(/nightly .* 2 × script/);
  expect(JSON.stringify(await recipes.schedules())).not.toContain('very secret');
  await expect(
    shell(schedulesCommand, ['add', 'x', 'script', 'tree/go.sh'], { ...times, matrix: 'os' }),
  ).rejects.toThrow('--matrix takes name=value,value');
});
