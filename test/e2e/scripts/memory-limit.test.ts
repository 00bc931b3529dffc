import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import { readLatest, start, write } from '../harness.ts';

/** Debian's kernel has the memory controller of version 2, and systemd hands it on; containers need not. */
test('where the kernel can, it limits the memory of a file’s processes and ends all of them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-memory-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const config = `import { qemu } from 'shakedown';
    export default { files: 'test/*.sh', command: 'sh {file}', runners: 1, limits: { memory: '100M' },
      machines: qemu({ count: 1 }) };`;
  write(directory, 'distribute.config.ts', config);
  write(
    directory,
    'test/leaks.sh',
    `(trap '' TERM; exec sleep 600) & echo $! >leaked; perl -e '$x = "x" x 300e6; sleep 600' & wait\n`,
  );
  write(directory, 'test/none.sh', '! kill -0 $(cat leaked)\n');
  write(
    directory,
    'test/told.sh',
    'cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup) && [ $(cat memory.max memory.oom.group | xargs echo | tr " " -) = 104857600-1 ]\n',
  );
  const { all } = await start(directory, ['distribute']);
  expect(readLatest(directory, 'events.ndjson'), all).toContain('the kernel sees to that (memory.max)');
  const { files }: DistributeResult = JSON.parse(readLatest(directory, 'distribute.json'));
  expect(files.map(({ file, verdict, message }) => [file, verdict, message])).toEqual([
    [
      'test/leaks.sh',
      'fail',
      expect.stringMatching(/^it was out of memory: it asked for more than its limit/),
    ],
    ['test/none.sh', 'pass', undefined],
    ['test/told.sh', 'pass', undefined],
  ]);
});
