import { expect, test } from 'vitest';
import { place, verdicts } from './place.ts';

/** Takes so many MB, and stays until it is ended. */
const takes = (mb: number, stays = 60) =>
  `python3 -c "import time; kept = b'x' * ${mb}000000; time.sleep(${stays})"`;

const config = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2, limits: { memory: '150M' } };

test('a file that takes too much memory fails, with how much it had; the others are run all the same', async () => {
  const { run, left } = place({
    'test/a.sh': `${takes(250)} & wait`,
    'test/b.sh': 'true',
    'test/c.sh': 'true',
  });
  const result = await run(config);
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'fail', 'test/b.sh': 'pass', 'test/c.sh': 'pass' });
  const message = /^it was out of memory: it had 2\d\d MB, more than its limit of 157 MB$/;
  expect(result.files[0]?.message).toMatch(message);
  expect(left(result, 'junit.xml')).toContain('<failure message="it was out of memory');
});

test('files that have too much only together are run alone, and pass', async () => {
  const command = 'for f in {files}; do sh $f & done; wait';
  const known = ['test/a.sh', 'test/b.sh', 'test/c.sh'].map((file) => [
    file,
    { ms: 1, runs: 1, failed: false },
  ]);
  const here = place({ 'test/a.sh': takes(90, 1.5), 'test/b.sh': takes(90, 1.5), 'test/c.sh': 'true' });
  here.write(
    '.shakedown/distribute/history.json',
    JSON.stringify({ version: 1, files: Object.fromEntries(known) }),
  );
  const result = await here.run({ ...config, command, localRunners: 1 });
  expect(result).toMatchObject({ verdict: 'pass', together: [] });
});

test('a limit that is none is told', async () => {
  const { run } = place({ 'test/a.sh': 'true' });
  await expect(run({ ...config, limits: { memory: 'much' } })).rejects.toThrow(
    "--memory takes a size; found 'much'.",
  );
});
