import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { maskKilledRuns } from '../../../../main/run/reap/mask-killed-runs.ts';
import { reapDirectory } from '../../../../main/run/reap/reap.ts';
import { run } from '../../../../main/run/run.ts';
import { noteMaskingDue } from '../../../../main/secrets/masking-due.ts';
import { readSecrets } from '../../../../main/secrets/read-secrets.ts';
import { runsDirectory } from '../../../../main/store/run-folders.ts';
import { fakeScenario, fakeWorld } from '../../../fakes/fake-world.ts';
import { temporaryFolder } from '../../../node-agent/temporary.ts';

const env = { TOKEN: 'correct-horse-battery' };
const key = 'staple\nof two lines';
let directory: string;
let killed: string;
const log = () => readFileSync(join(killed, 'nodes/0/logs/app.log'), 'utf8');

/** A run that was killed when the log of a node had come home, and that log once more, half masked. */
beforeEach(async () => {
  directory = temporaryFolder();
  killed = join(runsDirectory(directory), '20260101-000000-abcd');
  mkdirSync(join(killed, 'nodes/0/logs'), { recursive: true });
  writeFileSync(join(directory, 'key.pem'), `${key}\n`);
  const sources = { TOKEN: 'env:TOKEN', KEY: 'file:key.pem' };
  const secrets = readSecrets(sources, { directory, env }, ({ message }) => expect.fail(message));
  await noteMaskingDue(killed, secrets, directory);
  writeFileSync(join(killed, 'owner.json'), '{"pid":1,"startTime":"0","bootId":"another"}');
  writeFileSync(join(killed, 'nodes/0/logs/app.log'), `${env.TOKEN} and ${key}`);
  writeFileSync(join(killed, 'nodes/0/logs/.0123456789ab.masking'), 'half');
});

test('what is noted while a run lasts tells no value', () => {
  const noted = readFileSync(join(killed, 'masking-due.json'), 'utf8');
  expect(noted).toContain('env:TOKEN');
  for (const value of [env.TOKEN, 'staple', 'of two lines']) expect(noted).not.toContain(value);
});

test('with the values of then all is masked, once, and what a killed masking left is removed', async () => {
  const { lines, failures } = await maskKilledRuns(directory, env);
  expect(failures).toEqual([]);
  expect(lines).toEqual([
    'masked the secrets in what run 20260101-000000-abcd left, which was killed: 1 file',
  ]);
  expect(log()).toBe('[secret TOKEN] and [secret KEY]');
  expect(readdirSync(killed, { recursive: true }).map(String).toSorted()).toEqual(
    ['nodes', 'nodes/0', 'nodes/0/logs', 'nodes/0/logs/app.log', 'owner.json'].toSorted(),
  );
  expect(await maskKilledRuns(directory, {})).toEqual({ lines: [], failures: [] });
});

test('what cannot be had any more, or is another value now, stays due and is told by its source', async () => {
  for (const now of [{}, { TOKEN: 'rotated-since' }]) {
    const { failures } = await maskKilledRuns(directory, now);
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/20260101-000000-abcd was killed before .* what env:TOKEN had then/),
    ]);
    expect(failures[0]?.details.hint).toContain(killed);
  }
  expect(log(), 'what can be masked is').toBe(`${env.TOKEN} and [secret KEY]`);
  await maskKilledRuns(directory, env);
  expect(log()).toBe('[secret TOKEN] and [secret KEY]');
});

test('a run that is under way is left alone, and reaping a folder masks', async () => {
  const sources = { KEY: 'file:key.pem' };
  const world = fakeWorld({
    duringChecks: async () => {
      const [underWay = ''] = readdirSync(runsDirectory(world.directory)).filter((id) => id !== 'latest');
      const file = join(runsDirectory(world.directory), underWay, 'nodes/0/note');
      writeFileSync(file, key);
      await reapDirectory(world.directory, world);
      expect(readFileSync(file, 'utf8')).toBe(key);
    },
  });
  const secrets = readSecrets(sources, { directory, env }, ({ message }) => expect.fail(message));
  const scenario = { ...fakeScenario(), secrets, directory };
  const { directory: nodeFiles } = fakeScenario();
  const result = await run(
    { scenario: { ...scenario, nodeFiles: join(nodeFiles, 'node_files') }, flags: {}, keep: 'never' },
    world,
  );
  expect(result.verdict).toBe('pass');
  const left = join(runsDirectory(world.directory), 'latest');
  expect(readFileSync(join(left, 'nodes/0/note'), 'utf8')).toBe('[secret KEY]');
  expect(readdirSync(left)).not.toContain('masking-due.json');
  await noteMaskingDue(left, secrets, directory);
  writeFileSync(join(left, 'owner.json'), '{"pid":1,"startTime":"0","bootId":"another"}');
  writeFileSync(join(left, 'nodes/0/note'), key);
  const { lines, failures } = await reapDirectory(world.directory, world);
  expect(failures).toEqual([]);
  expect(lines).toEqual([expect.stringMatching(/^masked the secrets in what run /)]);
  expect(readFileSync(join(left, 'nodes/0/note'), 'utf8')).toBe('[secret KEY]');
});
