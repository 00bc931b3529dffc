import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    [['list', 'all'], {}, "jobs list: there is no place for 'all'"],
    [['list'], { label: ['a', 'b'] }, '--label is given twice'],
    [['list'], { type: 'bulid' }, "There is no job of the type 'bulid'. Did you mean 'build'?"],
    [['list'], { matrix: 'none' }, "There is no matrix 'none', or its jobs are deleted."],
  ] as const) {
    await expect(shell(jobsCommand, [...words], options)).rejects.toThrow(message);
  }
  await expect(shell(jobsCommand, ['list'], { server: 'ftp://x' })).rejects.toThrow(
    'no address of a job server',
  );
  await expect(shell(jobsCommand, ['list'], { token: 'sd_wrong' })).rejects.toThrow('token');
});

test('a list of what there is none of yet is empty, and no mistake', async () => {
  await server().admin.register({
    ...{ protocol: 1, name: 'w', slots: 1, beatSeconds: 60, client_info: {} },
    capabilities: { jobtypes: ['offered'], platforms: [], labels: [] },
  });
  for (const type of ['build', 'offered'])
    expect(await printed(jobsCommand, ['list'], { type })).toMatch(/^ID .*\n$/);
});

test('what an attempt came to is told in words, and its files are brought into a folder', async () => {
  const { admin, url, token } = server();
  const post = (path: string, body: unknown) =>
    ask(url + path, 'POST', { token, body: JSON.stringify(body) });
  const capabilities = { jobtypes: ['told'] };
  const worker = (await post('/api/workers', { protocol: 1, name: 'w', capabilities })).json().id;
  const id = await admin.submit({ type: 'told' });
  await post('/api/claims', { worker, request: 'r', lease: 600, wait: 60 });
  const result = { exitCode: 1, seconds: 0.5, why: 'bad', parts: [1] };
  writeFileSync(join(place, 'one.txt'), 'hello');
  await admin.addArtifact(id, 1, 'files/one.txt', join(place, 'one.txt'));
  await admin.settle(id, 1, { verdict: 'fail', result });
  expect(await printed(jobsCommand, ['show', id])).toMatch(
    /^attempt 1 on w from \S+, done at \S+: exit code 1, 500 ms, why: bad, parts: \[1\]$/m,
  );
  expect(await printed(jobsCommand, ['artifacts', id], { out: 'got' })).toBe(
    `${join(place, 'got')}: 1 file\n`,
  );
  expect(readFileSync(join(place, 'got/1/files/one.txt'), 'utf8')).toBe('hello');
  for (const out of ['one.txt', 'one.txt/below'])
    await expect(shell(jobsCommand, ['artifacts', id], { out })).rejects.toThrow(
      `--out ${out}: there is a file in its place`,
    );
});

test('a recipe is uploaded as a folder or a file, listed with what its tasks take, and removed', async () => {
  mkdirSync(join(place, 'ci'));
  writeFileSync(join(place, 'ci/unit.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(
    join(place, 'ci/recipe.json'),
    JSON.stringify({
      tasks: {
        unit: { parameters: { part: { default: 'fast' }, count: { type: 'number', choices: [1, 2] } } },
      },
    }),
  );
  writeFileSync(join(place, 'smoke.sh'), '#!/bin/sh\n');
  writeFileSync(join(place, 'notes.txt'), 'hello');
  expect(await printed(recipesCommand, ['add', 'app', 'ci'])).toMatch(
    /^RECIPE +TASK +TAKES +UPLOADED\napp +unit +part=fast count: 1\|2 +first /,
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
