import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HandOut } from '../../../../main/distribute/hand-out/hand-out.ts';
import { type Busy, straggler } from '../../../../main/distribute/hand-out/straggler.ts';
import { place, verdicts } from '../place.ts';

const file = (path: string, ms: number) => ({ path, expectedMs: ms, recordedMs: ms });

describe('a file that an idle runner does well to run, too', () => {
  const busy = (more: Partial<Busy>): Busy => ({
    ...{ files: [file('f', 2000)], forMs: 0, expectedMs: 2000, pace: 1 },
    ...more,
  });
  const found = (others: readonly Busy[], copied: readonly string[] = []) =>
    straggler(
      others,
      { pace: 1, cost: ({ expectedMs = 0 }) => expectedMs },
      ({ path }) => !copied.includes(path),
    )?.path;

  test('takes much longer than it did before', () => {
    expect(found([busy({ forMs: 1900 })])).toBeUndefined();
    expect(found([busy({ forMs: 4000 })]), 'it may be done as soon').toBeUndefined();
    expect(found([busy({ forMs: 6000 })])).toBe('f');
    const unknown = { path: 'f', expectedMs: 2000 };
    expect(found([busy({ forMs: 60_000, files: [unknown] })]), 'nobody knows').toBeUndefined();
  });

  test('or is on a much slower runner, be it in time there or not; of several it is the last', () => {
    const files = [file('f', 2000), file('g', 2000)];
    const slow = busy({ files, forMs: 1000, expectedMs: 40_000, pace: 10 });
    expect(found([slow])).toBe('g');
    expect(found([slow], ['g'])).toBe('f');
    expect(found([slow], ['f', 'g'])).toBeUndefined();
    expect(found([{ ...slow, forMs: 39_000 }]), 'it is nearly done').toBeUndefined();
  });
});

describe('of two copies', () => {
  async function copied() {
    let now = 0;
    const [notes, judged]: [string[], unknown[]] = [[], []];
    const files = [file('f0', 1000), file('f1', 100)];
    const queue = new HandOut(files, {
      ...{ batches: false, now: () => now, judged: (judgement) => judged.push(judgement) },
      copied: (path, runner) => notes.push(`${path} ${runner}`),
    });
    for (const runner of ['a', 'b']) queue.join(runner, 0);
    const [slow, quick] = [await queue.next('a'), await queue.next('b')];
    now = 100;
    queue.ended(
      'b',
      (quick?.files ?? []).map((path) => ({ path, passed: true, took: 100 })),
    );
    now = 20_000;
    const copy = await queue.next('b');
    const end = (runner: string, passed: boolean) => queue.ended(runner, [{ path: 'f0', passed, took: 1 }]);
    return { queue, notes, slow, copy, end };
  }

  test('the first result counts, and the other one is ended', async () => {
    const { queue, notes, slow, copy, end } = await copied();
    expect([copy?.files, notes]).toEqual([['f0'], ['f0 b']]);
    end('b', true);
    expect([slow?.cancelled.aborted, copy?.cancelled.aborted]).toEqual([true, false]);
    expect(queue.counts('a', 'f0')).toBe(false);
    end('a', false);
    expect([queue.outcomes.settled, queue.unsettled]).toEqual([2, []]);
    expect([await queue.next('a'), await queue.next('b')]).toEqual([undefined, undefined]);
  });

  test('that are lost with one node the file has taken down nobody twice', async () => {
    const { queue } = await copied();
    expect([queue.fell('a', ['f0'], 0), queue.fell('b', ['f0'], 0)]).toEqual([[], []]);
    expect(queue.unsettled, 'it waits for who comes').toEqual(['f0']);
    queue.join('c', 1);
    expect((await queue.next('c'))?.files).toEqual(['f0']);
    expect(queue.fell('c', ['f0'], 1), 'another node is').toEqual(['f0']);
  });

  test('be it the one that took long', async () => {
    const { copy, slow, end } = await copied();
    end('a', true);
    expect([slow?.cancelled.aborted, copy?.cancelled.aborted]).toEqual([false, true]);
  });

  test('one is left when the runner of the other is lost', async () => {
    const { queue, copy, end } = await copied();
    expect(queue.fell('a', ['f0'])).toEqual([]);
    queue.leave('a');
    expect([copy?.cancelled.aborted, queue.unsettled]).toEqual([false, ['f0']]);
    end('b', true);
    expect([queue.unsettled, await queue.next('b')]).toEqual([[], undefined]);
  });
});

describe('a suite whose last file hangs on one node', () => {
  const config = { files: 'test/*.sh', nodes: ['10.99.0.0', '10.99.0.1'], runners: 1, command: 'sh {file}' };

  /** On the bad node the first file hangs; the good one waits until it does. */
  function suite() {
    const here = place({
      'test/a.sh': 'echo > "$BEGUN"; [ $NODE = good ] || exec sleep 300',
      'test/b.sh': 'true',
    });
    const known = ['test/a.sh', 'test/b.sh'].map((path, index) => {
      return [path, { ms: 90 - index, runs: 1, failed: false }];
    });
    const history = { version: 1, files: Object.fromEntries(known) };
    here.write('.shakedown/distribute/history.json', JSON.stringify(history));
    const BEGUN = join(here.home, 'begun');
    const nodes = ['bad', 'good'].map((NODE) => ({ NODE, BEGUN }));
    const runner_setup = '[ $NODE = bad ] || until [ -e "$BEGUN" ]; do sleep 0.05; done';
    return { here, nodes, hooks: { runner_setup } };
  }

  test('ends when another runner is done with it; nothing of the other copy is left', async () => {
    const { here, nodes, hooks } = suite();
    const result = await here.run({ ...config, hooks }, { nodes });
    expect(verdicts(result)).toEqual({ 'test/a.sh': 'pass', 'test/b.sh': 'pass' });
    expect(result.files.every(({ others }) => others === undefined)).toBe(true);
    expect(result.files[0]?.ran?.runner).toBe('1_0');
    expect(here.notes).toContain(
      'runner 1_0 runs test/a.sh, too, which takes long elsewhere: whichever is done first counts',
    );
    expect(result.durationMs).toBeLessThan(60_000);
    expect(result).toMatchObject({ exitCode: 0, outOfUse: [] });
  });

  test('is not copied where that is not wanted', async () => {
    const { here, nodes, hooks } = suite();
    const result = await here.run({ ...config, hooks, copies: false, limits: { file: 5 } }, { nodes });
    expect(verdicts(result)).toEqual({ 'test/a.sh': 'fail', 'test/b.sh': 'pass' });
  });
});
