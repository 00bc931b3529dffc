import { describe, expect, test } from 'vitest';
import { expectedStarts } from '../../../../main/jobs/queue/expected-start.ts';
import { type KnownWorker, type WaitingJob, whyItWaits } from '../../../../main/jobs/queue/waiting.ts';

const now = new Date('2026-11-26T12:00:00Z');
const later = new Date('2026-11-26T12:10:00Z');
const worker = (name: string, more: Partial<KnownWorker> = {}): KnownWorker => ({
  ...{
    name,
    capabilities: { jobtypes: ['run'], platforms: ['linux'], labels: ['kvm'] },
    slots: 1,
    running: 0,
  },
  ...{ alive: true, seenAt: now, draining: false, pause: null },
  ...more,
});
const job = (more: Partial<WaitingJob> = {}): WaitingJob => ({
  ...{ needs: { type: 'run', labels: [] }, submitter: 'anna', notBefore: null, quota: undefined },
  ...{ dependencies: [], expectedStart: undefined },
  ...more,
});
const why = (more: Partial<WaitingJob>, workers: readonly KnownWorker[]) => {
  const { reason, words } = whyItWaits(job(more), workers, now);
  return `${reason}: ${words}`;
};
const gpu = { needs: { type: 'run', labels: ['gpu'] } };
const can = (jobtypes: string[], labels: string[] = []) => ({
  capabilities: { jobtypes, platforms: [], labels },
});

describe('a job waits because', () => {
  test('it is too early', () =>
    expect(why({ notBefore: later }, [worker('a')])).toBe('not-before: not before 2026-11-26T12:10:00.000Z'));

  test('nobody offers what it needs; the nearest are named, with what they lack', () => {
    const workers = [
      worker('far', can(['build'])),
      worker('a'),
      worker('b'),
      worker('dead', { alive: false }),
    ];
    expect(why(gpu, workers)).toBe(
      "no-worker: no worker offers job type 'run', label 'gpu'; a lacks label 'gpu'; b lacks label 'gpu'",
    );
    expect(why(gpu, [])).toBe("no-worker: no worker offers job type 'run', label 'gpu'; no worker is there");
  });

  test('those who could do it are gone, and since when', () => {
    const gone = { alive: false, seenAt: new Date('2026-11-26T11:00:00Z') };
    const earlier = { alive: false, seenAt: new Date('2026-11-26T10:00:00Z') };
    expect(why({}, [worker('a', earlier), worker('b', gone), worker('other', can(['build']))])).toBe(
      'worker-gone: the workers that could do it are gone: b since 2026-11-26T11:00:00.000Z',
    );
  });

  test('they are draining, or paused: by whom, why, and until when', () => {
    const pause = { note: 'new disk', by: 'admin', until: later.toISOString() };
    expect(why({}, [worker('a', { draining: true })])).toBe(
      'worker-draining: the workers for it are draining, and end after their jobs: a',
    );
    const endless = { pause: { note: '', by: 'bert', until: null } };
    expect(why({}, [worker('a', { pause }), worker('b', endless), worker('c', { draining: true })])).toBe(
      "worker-paused: the workers for it are paused: a by admin, 'new disk', until 2026-11-26T12:10:00.000Z; " +
        'b by bert, until it is resumed',
    );
  });

  test('its submitter has as many running as may', () =>
    expect(why({ quota: { running: 3, most: 3 } }, [worker('a')])).toBe(
      'quota: quota: 3 jobs of anna run, and 3 may at once',
    ));

  test('they are busy, with the expected start where past jobs tell', () => {
    const busy = [worker('a', { running: 1 }), worker('b', { running: 2, slots: 2 })];
    expect(why({}, busy)).toBe('worker-busy: the workers for it are busy: a, b');
    expect(why({ expectedStart: later }, busy)).toBe(
      'worker-busy: the workers for it are busy: a, b, free by about 2026-11-26T12:10:00.000Z',
    );
  });

  test('others are before it', () =>
    expect(why({ expectedStart: later }, [worker('a')])).toContain('free by about 2026-11-26T12:10:00.000Z'));

  test('or is about to be taken', () =>
    expect(why({ quota: { running: 2, most: 3 } }, [worker('a')])).toBe('worker: about to be taken by a'));
});

describe('the expected start', () => {
  const all = () => true;
  const starts = (...args: Parameters<typeof expectedStarts>) => Object.fromEntries(expectedStarts(...args));

  test('each takes the place that is free first, in the order of the queue', () => {
    const queued = ['x', 'y', 'z'].map((id) => ({ id, needs: 'n', ms: 100 }));
    const places = [
      { worker: 'a', freeAt: 50 },
      { worker: 'b', freeAt: 1000 },
    ];
    expect(starts(queued, places, all, 0)).toEqual({ x: 50, y: 150, z: 250 });
  });

  test('of the workers that can do it alone', () => {
    const queued = [
      { id: 'x', needs: 'gpu', ms: 100 },
      { id: 'y', needs: 'any', ms: 100 },
      { id: 'z', needs: 'none', ms: 100 },
    ];
    const places = [
      { worker: 'plain', freeAt: 0 },
      { worker: 'gpu', freeAt: 500 },
    ];
    const serves = (name: string, needs: string) => needs === 'any' || needs === name;
    expect(starts(queued, places, serves, 10)).toEqual({ x: 500, y: 10 });
  });

  test('is not known where no past job tells', () => {
    const queued = [
      { id: 'x', needs: 'n', ms: undefined },
      { id: 'y', needs: 'n', ms: 5 },
    ];
    expect(starts(queued, [{ worker: 'a', freeAt: 7 }], all, 0)).toEqual({ x: 7, y: undefined });
    expect(starts(queued, [{ worker: 'a', freeAt: undefined }], all, 0)).toEqual({
      x: undefined,
      y: undefined,
    });
  });
});
