import { batchLength, lengthWorth, type WaitingFile, type Want } from './batch.ts';
import type { Crew } from './crew.ts';
import type { Durations } from './durations.ts';
import type { InHand } from './in-hand.ts';
import type { Line, Taken } from './line.ts';
import { straggler } from './straggler.ts';

/** What is known where it is decided who gets which files. */
export interface Known {
  readonly line: Line;
  readonly crew: Crew;
  readonly durations: Durations;
  readonly inHand: InHand;
  /** Whether a runner may take files. */
  readonly mayTake: (runner: string) => boolean;
  /** Whether one process can take several files. */
  readonly batches: boolean;
  /** A runner without work runs a second copy of a file that takes long elsewhere; told which. */
  readonly copied: ((path: string, runner: string) => void) | undefined;
}

/** ms after which a runner without work looks for files that take long elsewhere. */
const lookAgain = 500;

/** Which files a runner gets that asks for some. */
export class Allotment {
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /** None where there is nothing for it now. */
  take(runner: string, want: Want): Taken {
    const { line, crew, mayTake, copied } = this.#known;
    if (!mayTake(runner)) return { files: [], alone: false };
    const taken = line.take(runner, {
      all: () => crew.names.filter(mayTake),
      length: (files) => this.#length(files, runner, want),
    });
    const copy = taken.files.length === 0 && line.isEmpty ? this.#straggler(runner) : undefined;
    if (!copy) return taken;
    copied?.(copy.path, runner);
    return { files: [copy], alone: copy.part !== undefined };
  }

  /**
   * Resolves when there may be something, by `changed` or because a file that takes long may be copied then.
   */
  async later(changed: Promise<void>): Promise<void> {
    const { line, crew, copied } = this.#known;
    if (!copied || !line.isEmpty) return await changed;
    const { promise, resolve } = Promise.withResolvers<void>();
    // With many runners it would be much work.
    const timer = setTimeout(resolve, Math.max(lookAgain, 5 * crew.size));
    await Promise.race([changed, promise]);
    clearTimeout(timer);
  }

  #length(files: readonly WaitingFile[], runner: string, want: Want): number {
    const { line, crew, durations, mayTake, batches } = this.#known;
    if (want !== 'process') return lengthWorth(files, want.aheadMs, durations.meanMs);
    if (!batches) return 1;
    return batchLength(files, {
      runners: crew.size,
      meanMs: durations.meanMs,
      startMs: durations.startMs ?? 0,
      pace: crew.pace(runner),
      waitingMs: (unknownMs) => line.expectedMs(unknownMs),
      others: () => crew.others(runner, (some) => durations.expect(some), mayTake),
    });
  }

  /** A file of another runner that this one, which has no work, does well to run, too. */
  #straggler(runner: string): WaitingFile | undefined {
    const { crew, durations, inHand, copied } = this.#known;
    if (!copied || crew.hasFiles(runner)) return undefined;
    const expect = (files: readonly WaitingFile[]) => durations.expect(files);
    const pace = crew.pace(runner);
    const cost = (file: WaitingFile) => {
      const expected = expect([file]);
      return expected === undefined ? undefined : expected * pace;
    };
    const once = ({ path }: WaitingFile) => inHand.holders(path) === 1;
    return straggler(crew.busy(runner, expect), { pace, cost }, once);
  }
}
