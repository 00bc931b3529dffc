import { describe, expect, test } from 'vitest';
import { HandOut } from '../../../../main/distribute/hand-out/hand-out.ts';
import { drain, handOut, names } from './drain.ts';

describe('files are handed out', () => {
  test('in their order, each once, to whoever asks', async () => {
    const { queue, end } = handOut(4);
    const [first, second] = [await queue.next('a'), await queue.next('b')];
    expect([first?.files, second?.files]).toEqual([['f0'], ['f1']]);
    if (first) end('a', first);
    if (second) end('b', second);
    expect(await drain(queue, 'b', (batch) => end('b', batch))).toEqual(['f2', 'f3']);
    expect([await queue.next('a'), await queue.next('b'), queue.unsettled]).toEqual([
      undefined,
      undefined,
      [],
    ]);
  });

  test('in batches of small ones, which shrink towards the end', async () => {
    const { queue, end } = handOut(300, { batches: true });
    const lengths: number[] = [];
    await drain(queue, 'a', (batch) => {
      lengths.push(batch.files.length);
      end('a', batch);
    });
    expect(lengths[0]).toBe(20);
    expect(lengths).toEqual(lengths.toSorted((one, other) => other - one));
    expect(lengths.at(-1)).toBe(1);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(300);
  });

  test('a long one by itself', async () => {
    const { queue } = handOut(10, { ms: 60_000, batches: true });
    expect((await queue.next('a'))?.files).toEqual(['f0']);
  });
});

describe('a runner whose process stays', () => {
  test('gets what is worth so many ms, also while it has some', async () => {
    const { queue, end } = handOut(50, { ms: 10 });
    const [first, second] = [await queue.next('a', { aheadMs: 35 }), await queue.next('a', { aheadMs: 35 })];
    expect([first?.files, second?.files]).toEqual([
      ['f0', 'f1', 'f2'],
      ['f3', 'f4', 'f5'],
    ]);
    if (first) end('a', first);
    expect((await queue.next('a', { aheadMs: 5 }))?.files, 'one at least').toEqual(['f6']);
    expect(queue.waitingMs, 'for each of the two').toBe((43 * 10) / 2);
  });

  test('gets one file at a time as long as nothing is known', async () => {
    const queue = new HandOut(
      names(4).map((path) => ({ path, expectedMs: undefined })),
      { batches: true, judged: () => undefined },
    );
    queue.join('a', 0);
    expect((await queue.next('a', { aheadMs: 100 }))?.files).toEqual(['f0']);
    expect([queue.waitingMs, queue.files.expectedMs('f1')]).toEqual([undefined, undefined]);
    queue.ended('a', [{ path: 'f0', passed: true, took: 20 }]);
    expect(queue.files.expectedMs('f1')).toBe(20);
    expect((await queue.next('a', { aheadMs: 40 }))?.files).toEqual(['f1', 'f2']);
  });

  test('gives back what it did not begin: that comes first again, and not alone', async () => {
    const { queue, end } = handOut(6, { ms: 10 });
    const batch = await queue.next('a', { aheadMs: 40 });
    expect(queue.fell('a', ['f0'])).toEqual([]);
    queue.giveBack('a', ['f1', 'f2', 'f3']);
    expect(batch?.files).toHaveLength(4);
    const had: [boolean, readonly string[]][] = [];
    await drain(queue, 'b', (each) => {
      had.push([each.alone, each.files]);
      end('b', each);
    });
    expect(had.slice(0, 2)).toEqual([
      [true, ['f0']],
      [false, ['f1']],
    ]);
    expect(queue.unsettled).toEqual([]);
  });

  test('that is a suspect by then has what it fails meanwhile tried elsewhere, too', async () => {
    const { queue, judged, end } = handOut(20, { ms: 10 });
    const good = await queue.next('b');
    const bad = await queue.next('a', { aheadMs: 60 });
    const fails = (from: number, to: number) =>
      queue.ended(
        'a',
        (bad?.files.slice(from, to) ?? []).map((path) => ({ path, passed: false, took: 1 })),
      );
    fails(0, 5);
    if (good) end('b', good);
    // This one was in its pipe still.
    fails(5, 6);
    await drain(queue, 'b', (batch) => end('b', batch));
    expect(judged).toMatchObject([
      { kind: 'broken', of: { runner: 'a' }, runners: ['a'], files: bad?.files },
    ]);
    expect(queue.unsettled).toEqual([]);
  });
});

describe('a runner that is lost', () => {
  test('leaves its files to others, each of which is then run alone', async () => {
    const { queue, end } = handOut(40, { batches: true });
    const batch = await queue.next('a');
    expect(batch?.files.length).toBeGreaterThan(1);
    expect(queue.fell('a', batch?.files ?? [])).toEqual([]);
    queue.leave('a');
    const had: string[][] = [];
    await drain(queue, 'b', (each) => {
      had.push([...each.files]);
      end('b', each);
    });
    expect(had.slice(0, batch?.files.length)).toEqual(batch?.files.map((file) => [file]));
    expect(queue.unsettled).toEqual([]);
  });

  test('while all others have run out of files, they get its', async () => {
    const { queue, end } = handOut(2);
    const [first, second] = [await queue.next('a'), await queue.next('b')];
    if (second) end('b', second);
    const waiting = queue.next('b');
    queue.fell('a', first?.files ?? []);
    expect((await waiting)?.files).toEqual(first?.files);
  });

  test('a file that has taken down two is handed out no more', async () => {
    const { queue } = handOut(1);
    expect(queue.fell('a', (await queue.next('a'))?.files ?? [])).toEqual([]);
    expect(queue.fell('b', (await queue.next('b'))?.files ?? [])).toEqual(['f0']);
    expect([await queue.next('b'), queue.unsettled]).toEqual([undefined, []]);
  });

  test('when none is left, what was not run is known', async () => {
    const { queue } = handOut(3);
    queue.fell('a', (await queue.next('a'))?.files ?? []);
    for (const runner of ['a', 'b']) queue.leave(runner);
    expect(await queue.next('a')).toBeUndefined();
    expect(queue.unsettled).toEqual(['f0', 'f1', 'f2']);
  });
});

describe('a runner that fails file after file', () => {
  test('waits for others, and is broken when what it failed passes there', async () => {
    const { queue, judged, end } = handOut(100);
    const good = await queue.next('b');
    const eaten = await drain(queue, 'a', (batch) => end('a', batch, () => false));
    expect(eaten, 'it eats no more of the queue').toHaveLength(5);
    if (good) end('b', good);
    const rest = await drain(queue, 'b', (batch) => {
      end('b', batch);
      if (judged.splice(0).length > 0) queue.leave('a');
    });
    expect(rest.slice(0, 5), 'what it failed is run first').toEqual(eaten);
    expect(queue.unsettled).toEqual([]);
    expect(await queue.next('a')).toBeUndefined();
  });

  test('goes on when what it failed fails elsewhere, too', async () => {
    const { queue, judged, end } = handOut(100);
    const wrong = (file: string) => file === 'f0' || Number(file.slice(1)) > 5;
    const good = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, () => false));
    if (good) end('b', good);
    await drain(queue, 'b', (batch) => end('b', batch, wrong), 5);
    expect(judged).toEqual([{ kind: 'cleared', of: { runner: 'a' } }]);
    expect(await queue.next('a')).toBeDefined();
  });

  test('is no suspect where all fail: a suite that fails everywhere is run once', async () => {
    const { queue, judged, end } = handOut(60);
    let runs = 0;
    for (let idle = 0; idle < 3; ) {
      for (const runner of ['a', 'b']) {
        const had = await drain(queue, runner, (batch) => end(runner, batch, () => false), 1);
        runs += had.length;
        idle = had.length > 0 ? 0 : idle + 1;
      }
    }
    expect([runs, queue.unsettled, judged]).toEqual([60, [], []]);
  });

  test('runs what it failed itself when those leave that should have', async () => {
    const { queue, end } = handOut(20);
    const good = await queue.next('b');
    await drain(queue, 'a', (batch) => end('a', batch, () => false));
    if (good) end('b', good);
    queue.leave('b');
    await drain(queue, 'a', (batch) => end('a', batch, () => false));
    expect(queue.unsettled).toEqual([]);
  });
});
