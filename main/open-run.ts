import { InterruptedError, TimeLimitError } from '../common/errors.ts';
import type { RunEventBody } from '../common/events.ts';
import { printableData } from '../common/printable.ts';
import type { RunContext } from './context.ts';
import { Recorder } from './record/recorder.ts';
import { createRun } from './store/create-run.ts';
import { FileLedger } from './store/file-ledger.ts';
import type { FileRunStore } from './store/file-run-store.ts';
import type { World } from './world.ts';

/** A run's directory, its record and its clocks, open until the run is over. */
export interface OpenRun extends AsyncDisposable {
  readonly store: FileRunStore;
  readonly recorder: Recorder;
  readonly emit: (event: RunEventBody) => void;
  /** For the work: ends with a failure, the run's time limit, or an interrupt. */
  readonly work: RunContext;
  /** For bringing the evidence home: goes on after all of these, but not after a second interrupt. */
  readonly evidence: RunContext;
  /** Ends all that is under way in `work`. */
  breakOff(): void;
  /** Why the work was ended from outside, if it was. */
  endedBecause(): Error | undefined;
}

/** What a run's directory, record and clocks need of the world. */
type RunWorld = Pick<World, 'directory' | 'clock' | 'face' | 'cacheDir' | 'signal' | 'hurry'>;

/** Makes the run's directory and starts its clock; `limit` is the whole run's, in seconds. */
export async function openRun(world: RunWorld, limit: number): Promise<OpenRun> {
  const store = await createRun(world.directory, { clock: world.clock });
  const emit = (body: RunEventBody): void => {
    // Names, notes and outputs of nodes are in it, and it goes to files and terminals.
    const event = { ...printableData(body), at: world.clock() };
    store.appendEvent(event);
    world.face.handle(event);
  };
  const broken = new AbortController();
  const late = AbortSignal.timeout(limit * 1000);
  const shared: Omit<RunContext, 'signal'> = {
    emit,
    log: (message, node) => store.log(message, node),
    clock: world.clock,
    cacheDir: world.cacheDir,
    ledger: new FileLedger(store.directory),
  };
  return {
    store,
    emit,
    recorder: new Recorder(emit, world.clock),
    work: { ...shared, signal: AbortSignal.any([world.signal, late, broken.signal]) },
    evidence: { ...shared, signal: world.hurry },
    breakOff: () => broken.abort(),
    endedBecause: () => {
      if (world.signal.aborted) return new InterruptedError();
      return late.aborted && !broken.signal.aborted ? new TimeLimitError('the run', limit) : undefined;
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
}
