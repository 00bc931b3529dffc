import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place, verdicts } from '../place.ts';
import { drain, handOut } from './drain.ts';

const two = { a1: 0, a2: 0, a3: 0, b: 1 };
const fails = () => false;

describe('a node on which all runners fail', () => {
  test('waits when they failed five together, and is broken when those pass elsewhere', async () => {
    const { queue, judged, end } = handOut(60, { runners: two });
    const good = await queue.next('b');
    const eaten: string[] = [];
    for (const runner of ['a1', 'a2', 'a3', 'a1', 'a2', 'a3', 'a1']) {
      eaten.push(...(await drain(queue, runner, (batch) => end(runner, batch, fails), 1)));
    }
    expect(eaten, 'two of each, one of the last').toHaveLength(5);
    if (good) end('b', good);
    const rest = await drain(queue, 'b', (batch) => {
      end('b', batch);
      for (const each of judged)
        if (each.kind === 'broken') each.runners.forEach((one) => void queue.leave(one));
    });
    expect(rest.slice(0, 5), 'what they failed is run first').toEqual(eaten);
    expect(judged).toEqual([{ kind: 'broken', of: { node: 0 }, runners: ['a1', 'a2', 'a3'], files: eaten }]);
    expect(queue.unsettled).toEqual([]);
  });

  test('goes on when a file passes on it, or what it failed fails elsewhere, too', async () => {
    const { queue, judged, end } = handOut(60, { runners: two });
    const good = await queue.next('b');
    const late = await queue.next('a3');
    for (const runner of ['a1', 'a2', 'a1', 'a2', 'a1'])
      await drain(queue, runner, (batch) => end(runner, batch, fails), 1);
    expect(await drain(queue, 'a2', () => undefined, 1), 'it waits').toEqual([]);
    if (late) end('a3', late);
    expect(await drain(queue, 'a2', (batch) => end('a2', batch, fails), 1), 'that one passed').toHaveLength(
      1,
    );
    for (const runner of ['a1', 'a3', 'a1', 'a3'])
      await drain(queue, runner, (batch) => end(runner, batch, fails), 1);
    if (good) end('b', good);
    expect(await drain(queue, 'b', (batch) => end('b', batch, fails), 5)).toHaveLength(5);
    expect(judged).toEqual([{ kind: 'cleared', of: { node: 0 } }]);
    expect(await drain(queue, 'a1', (batch) => end('a1', batch), 1)).toHaveLength(1);
  });

  test('is no suspect for one of its runners: that one is broken alone', async () => {
    const { queue, judged, end } = handOut(60, { runners: two });
    const good = await queue.next('a2');
    const eaten = await drain(queue, 'a1', (batch) => end('a1', batch, fails));
    expect(eaten).toHaveLength(5);
    if (good) end('a2', good);
    expect(await drain(queue, 'b', (batch) => end('b', batch), 5), 'on another node').toEqual(eaten);
    expect(judged).toEqual([{ kind: 'broken', of: { runner: 'a1' }, runners: ['a1'], files: eaten }]);
  });

  test('is blamed for nothing where one file of its own fails elsewhere, too; nor are its files for that', async () => {
    const { queue, judged, end } = handOut(60, { runners: two });
    const bad = await queue.next('b');
    for (const runner of ['a1', 'a2', 'a3', 'a1', 'a2'])
      await drain(queue, runner, (batch) => end(runner, batch, fails), 1);
    // A file that fails everywhere is no word for the node.
    if (bad) end('b', bad, fails);
    await drain(queue, 'b', (batch) => end('b', batch), 7);
    expect(judged).toMatchObject([{ kind: 'broken', of: { node: 0 } }]);
  });

  test('and all others, too: the suite is, and each file is run once', async () => {
    const { queue, judged, end } = handOut(60, { runners: { ...two, b2: 1 } });
    let runs = 0;
    for (let idle = 0; idle < 5; ) {
      for (const runner of ['a1', 'a2', 'a3', 'b', 'b2']) {
        const had = await drain(queue, runner, (batch) => end(runner, batch, fails), 1);
        runs += had.length;
        idle = had.length > 0 ? 0 : idle + 1;
      }
    }
    expect([runs, queue.unsettled, judged]).toEqual([60, [], []]);
  });
});

const nodes = { files: 'test/*.sh', command: 'sh {file}', nodes: ['10.99.0.0', '10.99.0.1'] };
const many = (count: number, text: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`test/t${index}.sh`, text]));

test('a service that all runners of a node need is gone: the node is told, and no file blamed', async () => {
  // The good one passes nothing before the others have failed as many as make their node suspect.
  const wait = 'until [ "$(wc -l < $FAILED)" -ge 5 ]; do sleep 0.05; done';
  const { run, home, notes } = place(
    many(24, `[ "$NODE" = good ] || { echo >> "$FAILED"; exit 1; }; ${wait}`),
  );
  const FAILED = join(home, 'failed');
  writeFileSync(FAILED, '');
  const environments = ['bad', 'good'].map((NODE) => ({ NODE, FAILED }));
  const result = await run({ ...nodes, runners: 3 }, { nodes: environments });
  expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(['pass']));
  expect(result).toMatchObject({
    ...{ verdict: 'pass', failures: [], broken: ['0_0', '0_1', '0_2'] },
    outOfUse: [
      { node: 0, message: expect.stringMatching(/^it is broken: it failed \d+ files running that pass/) },
    ],
  });
  expect(notes).toContainEqual(expect.stringMatching(/^node 0 is broken/));
});

/** The place of the reports, which is beside the project. */
const reports = '"$(dirname "$PWD")/reports"';

test('a node that nothing can be written to any more is told after its first failure, and no file blamed', async () => {
  const { run } = place(many(12, `[ "$NODE" = good ] || { rm -rf ${reports}; exit 1; }; sleep 0.1`));
  const result = await run({ ...nodes, runners: 2 }, { nodes: [{ NODE: 'bad' }, { NODE: 'good' }] });
  expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(['pass']));
  expect(result).toMatchObject({ verdict: 'pass', failures: [], broken: [] });
  expect(result.outOfUse).toEqual([
    { node: 0, message: expect.stringMatching(/no use any more: nothing can be written to \/.*ENOENT/) },
  ]);
  expect(result.runners['0_0']?.length ?? 0, 'it got no more').toBeLessThanOrEqual(1);
});

test('a file that takes every node with it is an error, with what it did', async () => {
  const { run } = place({
    ...many(6, 'sleep 0.1'),
    'test/bad.sh': `rm -rf ${reports}; exit 1 ${'#'.repeat(50)}`,
  });
  const result = await run(
    { ...nodes, nodes: [...nodes.nodes, '10.99.0.2'], runners: 1 },
    { nodes: [{}, {}, {}] },
  );
  const { 'test/bad.sh': bad, ...others } = verdicts(result);
  expect([bad, ...new Set(Object.values(others))]).toEqual(['error', 'pass']);
  expect(result.files[0]?.message).toMatch(/it has taken down 2 runners.*nothing can be written/);
  expect(result.outOfUse).toHaveLength(2);
  expect(result).toMatchObject({ verdict: 'error', exitCode: 3, failures: [{ verdict: 'error' }] });
});
