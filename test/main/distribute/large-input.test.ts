import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HandOut } from '../../../main/distribute/hand-out/hand-out.ts';
import { rounds } from '../../rounds.ts';
import { place, verdicts } from './place.ts';

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2 };

test('200 MB of output are kept as they came; of what is shown and held in memory there is only the end', async () => {
  const { run, left } = place({
    'test/a.sh': 'yes "a line that is said again and again" | head -c 200000000; echo; echo the end; exit 1',
    'test/b.sh': 'true',
  });
  const warned = vi.fn();
  process.on('warning', warned);
  onTestFinished(() => void process.off('warning', warned));
  const before = process.memoryUsage().rss;
  const result = await run(sh);
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'fail', 'test/b.sh': 'pass' });
  const { output = '' } = result.files[0]?.ran ?? {};
  expect(statSync(join(result.directory, output)).size).toBe(200_000_009);
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  expect(warned.mock.calls, 'listeners that nobody takes away').toEqual([]);
  expect(left(result, 'junit.xml').length).toBeLessThan(100_000);
  expect(left(result, 'report.html')).toContain('the end');
});

/** 50,000 where what is long is tested in full. */
const many = rounds(3000, 50_000);

test('a project with very many files is sent once; the next time it is only looked through', async () => {
  const before = process.memoryUsage().rss;
  const { run, write, notes } = place({ 'test/a.sh': `[ "$(find data -type f | wc -l)" = ${many} ]` });
  for (let file = 0; file < many; file += 1) write(`data/${file % 250}/f${file}`, `${file}\n`);
  expect((await run(sh)).exitCode).toBe(0);
  expect(notes).toContainEqual(expect.stringMatching(new RegExp(`^sent ${many + 1} files, `)));
  write('data/0/f0', 'changed\n');
  expect((await run(sh)).exitCode).toBe(0);
  expect(notes).toContainEqual(expect.stringMatching(/^sent 1 file, 8 B, /));
  // Some 170 MB are usual for 50,000.
  expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
});

test('very many test files are handed out without much work for each', async () => {
  const files = rounds(5000, 50_000);
  const queue = new HandOut(
    Array.from({ length: files }, (_, index) => ({ path: `f${index}`, expectedMs: 5, recordedMs: 5 })),
    { batches: true, startMs: 20, judged: () => undefined, copied: () => undefined },
  );
  for (const runner of ['a', 'b']) queue.join(runner, 0);
  const begin = process.cpuUsage();
  for (;;) {
    const batch = await queue.next('a');
    if (!batch) break;
    queue.ended(
      'a',
      batch.files.map((path) => ({ path, passed: true, took: 5 })),
    );
  }
  const { user } = process.cpuUsage(begin);
  expect(queue.unsettled).toEqual([]);
  // Some 15 us are usual on a quiet machine.
  expect(user / files, 'us of processor time for each').toBeLessThan(1000);
});
