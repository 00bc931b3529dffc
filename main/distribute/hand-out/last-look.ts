import type { Suspect } from './suspect.ts';

/** What is known where no file waits any more. */
export interface Rest {
  /** Whether a runner has nothing to do. */
  readonly idle: (runner: string) => boolean;
  /** Whether a file has failed, on nobody but these runners. */
  readonly failedOnlyOn: (file: string, runners: ReadonlySet<string>) => boolean;
  /** ms that a file is expected to take. */
  readonly ms: (file: string) => number;
}

/** One that may be broken, and what it alone has failed, the shortest first. */
export interface Doubt {
  readonly suspect: Suspect;
  readonly files: readonly [string, ...string[]];
}

/** Failures running, the last of a runner or a node, that others are asked about: one may be any file's. */
const few = 2;

/** Failures of which others say the same, after which nobody is asked any more: they are the suite's. */
const alike = 2;

/**
 * Who has failed the last files that it had, when no file waits any more: too few to make it a suspect while
 * the suite ran, or there was nobody left who could pass a file meanwhile.
 */
export class LastLook {
  readonly #failing = new Set<Suspect>();
  #confirmed = 0;

  /** A file has failed on it. */
  fails(suspect: Suspect): void {
    if (suspect.failures >= few) this.#failing.add(suspect);
  }

  /** What one of them failed has failed elsewhere, too. */
  confirm(): void {
    this.#confirmed += 1;
  }

  /** About how many more failures others may be asked, each of which may fail there as well. */
  get left(): number {
    return Math.max(0, alike - this.#confirmed);
  }

  /** Those that have nothing to do, nodes first: what speaks against its runners speaks against a node. */
  doubts({ idle, failedOnlyOn, ms }: Rest): readonly Doubt[] {
    if (this.left === 0) return [];
    const doubts: Doubt[] = [];
    for (const suspect of this.#failing) {
      // It has passed a file since, or its failures were run elsewhere.
      if (suspect.failures < few) this.#failing.delete(suspect);
      const own = suspect.failed.filter((file) => failedOnlyOn(file, suspect.runners));
      const [first, ...others] = own.toSorted((one, other) => ms(one) - ms(other));
      if (first === undefined || own.length < few || ![...suspect.runners].every(idle)) continue;
      doubts.push({ suspect, files: [first, ...others] });
    }
    return doubts.toSorted((one, other) => Number(isNode(other)) - Number(isNode(one)));
  }
}

const isNode = ({ suspect: { accused } }: Doubt): boolean => 'node' in accused;
