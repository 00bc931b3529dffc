import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jobsCommand } from '../../../../main/commands/jobs/jobs.ts';
import { recipesCommand } from '../../../../main/commands/jobs/recipes.ts';
import { tokensCommand } from '../../../../main/commands/jobs/tokens.ts';
import { aServer, ask } from '../../jobs/fixtures/a-server.ts';
import { shellOf } from '../../jobs/fixtures/a-shell.ts';
import { dataFolder } from '../../jobs/fixtures/three-databases.ts';

const server = aServer();
const place = dataFolder();
const shell = shellOf(server, place);
const printed = async (...args: Parameters<typeof shell>) => (await shell(...args)).printed;

test('a token is made, told once, used, listed and revoked', async () => {
  const token = (await printed(tokensCommand, ['add', 'ci'], { role: 'submit' })).trim();
  expect(token).toMatch(/^sd_\S+$/);
  const use = () => ask(`${server().url}/api/jobs`, 'GET', { token });
  expect((await use()).status).toBe(200);
  const listed = await printed(tokensCommand, ['list']);
  expect(listed).not.toContain(token);
  const [, id = ''] = /^(\S+) +ci +submit /m.exec(listed) ?? [];
  expect((await shell(tokensCommand, ['revoke', id])).code).toBe(0);
  expect((await use()).status).toBe(401);
  for (const [words, message] of [
    [['revoke', id], 'no token'],
    [['revoke'], 'which?'],
    [['lend', 'x'], 'no such action'],
  ] as const) {
    await expect(shell(tokensCommand, [...words])).rejects.toThrow(message);
  }
  await expect(shell(tokensCommand, ['add', 'x'], { role: 'king' })).rejects.toThrow('role');
});

test('why a job waits is told by list and show, and what there is not is told', async () => {
  const { admin } = server();
  const id = await admin.submit({ type: 'never', name: 'it', labels: ['gpu'] });
  const later = await admin.submit({ type: 'never', notBefore: '2100-01-01T00:00:00Z', timeLimit: 60 });
  const after = await admin.submit({ type: 'never', name: 'last', after: [id] });
  const list = await printed(jobsCommand, ['list'], { state: 'queued' });
  expect(list).toMatch(new RegExp(`^${id} +never +it +queued +no worker offers`, 'm'));
  expect(list).toMatch(new RegExp(`^${later} .*queued +.*2100-01-01`, 'm'));
  expect(await printed(jobsCommand, ['show', after])).toContain(
    `never last: queued\nwaits: comes after ${id} (queued)\n`,
  );
  expect(await printed(jobsCommand, ['show', later])).toContain('may take 60 s\n');
  await shell(jobsCommand, ['cancel', id]);
  expect(await printed(jobsCommand, ['show', after])).toMatch(/^never last: skipped\nskipped: /);
  for (const [words, options, message] of [
    [['show', 'none'], {}, 'there is no job none'],
    [['logs'], {}, 'which job?'],
    [['burn', id], {}, 'no such action'],
    [['list'], { state: 'asleep' }, 'state'],
    [['list'], { label: ['a', 'b'] }, '--label is given twice'],
  ] as const) {
    await expect(shell(jobsCommand, [...words], options)).rejects.toThrow(message);
  }
  await expect(shell(jobsCommand, ['list'], { server: 'ftp://x' })).rejects.toThrow(
    'no address of a job server',
  );
  await expect(shell(jobsCommand, ['list'], { token: 'sd_wrong' })).rejects.toThrow('token');
});

test('a recipe is uploaded as a folder or a file, listed with what its tasks take, and removed', async () => {
  mkdirSync(join(place, 'ci'));
  writeFileSync(join(place, 'ci/unit.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(
    join(place, 'ci/recipe.json'),
    JSON.stringify({
      tasks: { unit: { parameters: { part: { default: 'fast' }, count: { type: 'number' } } } },
    }),
  );
  writeFileSync(join(place, 'smoke.sh'), '#!/bin/sh\n');
  writeFileSync(join(place, 'notes.txt'), 'hello');
  expect(await printed(recipesCommand, ['add', 'app', 'ci'])).toMatch(
    /^RECIPE +TASK +TAKES +UPLOADED\napp +unit +part=fast count: number +first /,
  );
  await shell(recipesCommand, ['add', 'smoke.sh']);
  expect(await printed(recipesCommand, ['list'])).toMatch(/^app [\s\S]*^smoke +smoke /m);
  await shell(recipesCommand, ['remove', 'app']);
  expect(await printed(recipesCommand, ['list'])).not.toContain('app');
  for (const [words, message] of [
    [['remove', 'app'], "no recipe 'app'"],
    [['add', 'x', 'nowhere'], 'There is no nowhere'],
    [['add', 'x', 'notes.txt'], 'is no script'],
    [['add'], 'which?'],
    [['burn', 'x'], 'no such action'],
  ] as const) {
    await expect(shell(recipesCommand, [...words])).rejects.toThrow(message);
  }
});
