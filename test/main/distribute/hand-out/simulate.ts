import { setImmediate as turn } from 'node:timers/promises';
import { HandOut } from '../../../../main/distribute/hand-out/hand-out.ts';

/** A runner of a suite that is only reckoned. */
export interface Reckoned {
  /** How many times as long as others it takes. */
  readonly pace?: number;
  /** ms after the beginning at which it joins; it is announced before. */
  readonly from?: number;
}

export interface Reckoning {
  /** ms that each file takes. */
  readonly files: readonly number[];
  /** ms that a process takes beside its files. */
  readonly startMs: number;
  /** Whether an earlier run found all that out. */
  readonly known: boolean;
  readonly runners: readonly Reckoned[];
}

/** Hands a suite out by a clock that costs no time. Gives each process, and ms until the last has ended. */
export async function simulate({ files, startMs, known, runners }: Reckoning) {
  let now = 0;
  const took = new Map(files.map((ms, index) => [`f${index}`, ms]));
  const waiting = [...took].map(([path, ms]) => ({ path, expectedMs: known ? ms : undefined }));
  const judged = () => undefined;
  const queue = new HandOut(waiting, {
    ...{ batches: true, startMs: known ? startMs : undefined, judged },
    now: () => now,
  });
  const processes: { readonly runner: number; readonly files: number; readonly end: number }[] = [];
  const events: { readonly at: number; readonly act: () => void }[] = [];
  const work = async (runner: number, pace: number): Promise<void> => {
    for (;;) {
      const batch = await queue.next(`${runner}`);
      if (!batch) return;
      const ends = batch.files.map((path) => ({ path, passed: true, took: pace * (took.get(path) ?? 0) }));
      const at = now + pace * startMs + ends.reduce((sum, end) => sum + end.took, 0);
      processes.push({ runner, files: batch.files.length, end: at });
      await new Promise<void>((act) => events.push({ at, act }));
      queue.ended(`${runner}`, ends, pace * startMs);
    }
  };
  queue.expect(runners.length);
  for (const [runner, { pace = 1, from = 0 }] of runners.entries()) {
    const act = () => {
      queue.join(`${runner}`, 0);
      void work(runner, pace);
    };
    events.push({ at: from, act });
  }
  while (events.length > 0) {
    events.sort((one, other) => one.at - other.at);
    const next = events.shift();
    now = next?.at ?? now;
    next?.act();
    await turn();
  }
  return { processes, makespan: Math.max(...processes.map(({ end }) => end)), unsettled: queue.unsettled };
}
