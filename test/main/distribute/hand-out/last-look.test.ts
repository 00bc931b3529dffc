import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place, verdicts } from '../place.ts';
import { drain, handOut } from './drain.ts';

const fails = () => false;

/** A suite of so many files, of which each runner in turn has the next one; `bad` fail what they have. */
async function handedOut(count: number, runners: Readonly<Record<string, number>>, bad: readonly string[]) {
  const suite = handOut(count, { runners });
  const names = Object.keys(runners);
  // The others are busy with a file each, which ends when there is nothing left to hand out.
  const good = names.filter((name) => !bad.includes(name));
  const busy = await Promise.all(
    good.map(async (runner) => ({ runner, batch: await suite.queue.next(runner) })),
  );
  const had = new Map<string, string[]>(bad.map((name) => [name, []]));
  for (let handed = good.length; handed < count; handed += 1) {
    const runner = bad[handed % bad.length] ?? '';
    had
      .get(runner)
      ?.push(...(await drain(suite.queue, runner, (batch) => suite.end(runner, batch, fails), 1)));
  }
  const endGood = () => {
    for (const { runner, batch } of busy) if (batch) suite.end(runner, batch);
  };
  const elsewhere = (runner: string, passed?: (file: string) => boolean) =>
    drain(suite.queue, runner, (batch) => suite.end(runner, batch, passed));
  return { ...suite, had, endGood, elsewhere };
}

describe('a runner that has failed the last files that it had', () => {
  test('may be broken: one of them is run elsewhere, then the others, and it is when they pass', async () => {
    const { queue, judged, had, endGood, elsewhere } = await handedOut(4, { a: 0, b: 1 }, ['a']);
    expect(had.get('a')).toEqual(['f1', 'f2', 'f3']);
    endGood();
    expect(judged.splice(0)).toEqual([{ kind: 'doubted', of: { runner: 'a' }, files: ['f1', 'f2', 'f3'] }]);
    expect(queue.unsettled, 'the first alone').toEqual(['f1']);
    expect(await elsewhere('b')).toEqual(['f1', 'f2', 'f3']);
    expect(judged).toEqual([
      { kind: 'broken', of: { runner: 'a' }, runners: ['a'], files: ['f1', 'f2', 'f3'] },
    ]);
    expect([queue.unsettled, await queue.next('b')]).toEqual([[], undefined]);
  });

  test('is not, where the first fails elsewhere, too: the other one of two is not run again', async () => {
    const { queue, judged, endGood, elsewhere } = await handedOut(3, { a: 0, b: 1 }, ['a']);
    endGood();
    expect(await elsewhere('b', fails)).toEqual(['f1']);
    expect(judged.at(-1)).toEqual({ kind: 'cleared', of: { runner: 'a' } });
    expect([queue.unsettled, await queue.next('a')]).toEqual([[], undefined]);
  });

  test('is asked about by the shortest of them', async () => {
    const { queue, judged, end } = handOut(3, { ms: [100, 300, 200] });
    const good = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, fails));
    if (good) end('b', good);
    expect(judged).toMatchObject([{ kind: 'doubted', files: ['f2', 'f1'] }]);
  });

  test('is asked about though one of them fails everywhere, where more of them pass', async () => {
    const { judged, endGood, elsewhere } = await handedOut(4, { a: 0, b: 1 }, ['a']);
    endGood();
    expect(await elsewhere('b', (file) => file !== 'f1')).toEqual(['f1', 'f2', 'f3']);
    expect(judged.at(-1)).toMatchObject({ kind: 'broken', files: ['f2', 'f3'] });
  });

  test('is no suspect for one failure, which may be any file’s', async () => {
    const { queue, judged, endGood } = await handedOut(2, { a: 0, b: 1 }, ['a']);
    endGood();
    expect([queue.unsettled, judged]).toEqual([[], []]);
  });

  test('is none where it passed the last one', async () => {
    const { queue, judged, end } = handOut(4);
    const good = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, (file) => file === 'f3'));
    if (good) end('b', good);
    expect([queue.unsettled, judged]).toEqual([[], []]);
  });

  test('is none where nobody else passed a file', async () => {
    const { queue, judged, end } = handOut(4);
    const other = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, fails));
    if (other) end('b', other, fails);
    expect([queue.unsettled, judged]).toEqual([[], []]);
  });

  test('so many that it waits already, with nobody left to pass a file: it is asked about the same way', async () => {
    const { queue, judged, end } = handOut(6);
    await drain(queue, 'b', (batch) => end('b', batch), 1);
    await drain(queue, 'a', (batch) => end('a', batch, fails));
    expect(judged).toMatchObject([{ kind: 'doubted', files: ['f1', 'f2', 'f3', 'f4', 'f5'] }]);
    await drain(queue, 'b', (batch) => end('b', batch));
    expect([queue.unsettled, judged.at(-1)?.kind]).toEqual([[], 'broken']);
  });

  test('keeps its failures when who is asked leaves: it runs that one file itself', async () => {
    const { queue, judged, endGood, elsewhere } = await handedOut(3, { a: 0, b: 1 }, ['a']);
    endGood();
    queue.leave('b');
    expect(await elsewhere('a', fails)).toEqual(['f1']);
    expect([queue.unsettled, judged.length]).toEqual([[], 1]);
  });

  test('and was not the only one to fail them, with --retries: they are not run once more', async () => {
    const { queue, judged, end } = handOut(3, { retries: 1 });
    const good = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, fails));
    if (good) end('b', good);
    expect(await drain(queue, 'b', (batch) => end('b', batch, fails))).toEqual(['f1', 'f2']);
    expect([queue.unsettled, judged]).toEqual([[], []]);
  });
});

describe('a node whose runners have failed the last files that they had', () => {
  const nodes = { a1: 0, a2: 0, b: 1 };

  test('may be broken, though each of them failed one', async () => {
    const { queue, judged, endGood, elsewhere } = await handedOut(3, nodes, ['a1', 'a2']);
    endGood();
    expect(judged.splice(0)).toMatchObject([{ kind: 'doubted', of: { node: 0 } }]);
    expect(await elsewhere('b')).toEqual(['f1', 'f2']);
    expect(judged).toMatchObject([{ kind: 'broken', of: { node: 0 }, runners: ['a1', 'a2'] }]);
    expect(queue.unsettled).toEqual([]);
  });

  test('what a single runner failed is run on another node, if there is one', async () => {
    const { queue, endGood, elsewhere } = await handedOut(4, nodes, ['a1']);
    endGood();
    expect(await elsewhere('a2')).toEqual([]);
    expect(await elsewhere('b')).toEqual(['f2', 'f3']);
    expect(queue.unsettled).toEqual([]);
  });
});

test('a suite in which much fails everywhere has three files run again, however many runners failed', async () => {
  const runners = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, node) => [name, node]));
  const { queue, judged, endGood, elsewhere } = await handedOut(25, runners, ['a', 'b', 'c', 'd', 'e', 'f']);
  endGood();
  expect(judged.splice(0), 'of six that failed four each').toHaveLength(2);
  expect(await elsewhere('g', fails)).toHaveLength(3);
  expect(judged.map(({ kind }) => kind)).toEqual(['cleared', 'cleared']);
  expect(queue.unsettled).toEqual([]);
});

test('a service that a node needs goes half way through a suite of few files: no file is blamed', async () => {
  const many = (count: number, text: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`test/t${index}.sh`, text]));
  const until = (count: number, file: string) =>
    `until [ "$(wc -l < "$${file}")" -ge ${count} ]; do sleep 0.05; done`;
  // The other node has a file on each runner before any fails, and is busy with them until four have
  // failed, two on each runner: too few to stop a node.
  const bad = `${until(2, 'BEGUN')}; echo >> "$FAILED"; exit 1`;
  const { run, home, notes } = place(
    many(6, `[ "$NODE" = good ] || { ${bad}; }; echo >> "$BEGUN"; ${until(4, 'FAILED')}`),
  );
  const [FAILED, BEGUN] = [join(home, 'failed'), join(home, 'begun')];
  for (const file of [FAILED, BEGUN]) writeFileSync(file, '');
  const environments = ['bad', 'good'].map((NODE) => ({ NODE, FAILED, BEGUN }));
  const config = { files: 'test/*.sh', command: 'sh {file}', nodes: ['10.99.0.0', '10.99.0.1'], runners: 2 };
  const result = await run(config, { nodes: environments });
  expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(['pass']));
  expect(result).toMatchObject({ verdict: 'pass', failures: [], broken: ['0_0', '0_1'] });
  expect(result.outOfUse).toMatchObject([{ node: 0, message: expect.stringMatching(/^it is broken/) }]);
  expect(notes).toContainEqual(
    expect.stringMatching(/^node 0 may be broken, for the last 4 files that it had have failed \(/),
  );
});
