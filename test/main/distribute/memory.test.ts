import { expect, test } from 'vitest';
import { place, verdicts } from './place.ts';

/** Takes so many MB, and stays until it is ended. */
const takes = (mb: number, stays = 60) =>
  `python3 -c "import time; kept = b'x' * ${mb}000000; time.sleep(${stays})"`;

const config = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2, limits: { memory: '150M' } };

test('a file that takes too much memory fails, with how much it had; the others are run all the same', async () => {
  const { run, left, notes } = place({
    'test/a.sh': `${takes(250)} & wait`,
    'test/b.sh': 'true',
    'test/c.sh': 'true',
  });
  const result = await run(config);
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'fail', 'test/b.sh': 'pass', 'test/c.sh': 'pass' });
  // Measured; the kernel, where it sees to that, gives no more than the limit.
  const message = /^it was out of memory: it (had \d+ MB,|asked for) more than its limit of 157 MB$/;
  expect(result.files[0]?.message).toMatch(message);
  expect(notes).toContainEqual(
    expect.stringMatching(/^157 MB of memory for .*: (the kernel sees to that|measured five times a second)/),
  );
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

test.each([
  [
    'pytest',
    { 'tests/test_big.py': 'import time\ndef test_big():\n  kept = b"x" * 300_000_000; time.sleep(60)\n' },
    { 'tests/test_small.py': 'def test_small(): pass\n' },
    { files: 'tests/*.py', command: '/usr/bin/python3 -m pytest {files}' },
  ],
  [
    'Minitest',
    {
      'test/big_test.rb':
        "require 'minitest/autorun'\nclass Big < Minitest::Test\n  def test_big; kept = 'x' * 300_000_000; sleep 60; kept; end\nend\n",
    },
    {
      'test/small_test.rb': "require 'minitest/autorun'\nclass S < Minitest::Test\n  def test_s; end\nend\n",
    },
    { files: 'test/*.rb', command: 'ruby -Itest {file}' },
  ],
])(
  'in a process of %s that stays, it is that file’s that has so much alone, too',
  async (_, big, small, kind) => {
    const { run } = place({ ...big, ...small });
    const result = await run({ ...config, ...kind, localRunners: 1 });
    expect(result.files.map(({ verdict, message }) => [verdict, message])).toEqual([
      ['fail', expect.stringMatching(/^it was out of memory: it (had|asked)/)],
      ['pass', undefined],
    ]);
  },
);
