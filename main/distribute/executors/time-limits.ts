import type { ProcessEnd } from './start-process.ts';
import type { Work } from './work.ts';

/** Seconds by which a file may go past what it took before, beside ten times as long. */
const lateBy = 60;

/** Seconds for a process with these files: as told, or by their history; none where nothing is known. */
export function timeLimitOf(
  files: readonly string[],
  { suite, distribution: { limits } }: Work,
): number | undefined {
  if (limits.file !== undefined) return limits.file * files.length;
  const known = files.map((file) => suite.queue.files.recordedMs(file));
  if (known.some((ms) => ms === undefined)) return undefined;
  return Math.ceil(known.reduce((sum: number, ms = 0) => sum + (10 * ms) / 1000, 0)) + lateBy;
}

type Limit = Extract<ProcessEnd['how'], { kind: 'late' | 'silent' }>;

/** The time limits of what a process does at this moment. */
export class TimeLimits {
  readonly #late: (why: Limit) => void;
  readonly #timers = new Map<Limit['kind'], NodeJS.Timeout>();

  /** `late`: called when one is over. */
  constructor(late: (why: Limit) => void) {
    this.#late = late;
  }

  /** None where no seconds are told. */
  set(kind: Limit['kind'], seconds: number | undefined): void {
    if (seconds === undefined) return;
    clearTimeout(this.#timers.get(kind));
    this.#timers.set(
      kind,
      setTimeout(() => this.#late({ kind, seconds }), seconds * 1000),
    );
  }

  /** It said something. */
  heard(): void {
    this.#timers.get('silent')?.refresh();
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
