import { present } from '../../../common/present.ts';
import { type FileResult, isBad, type RanWhere } from './test-result.ts';

/** What decides which of a file's runs count. */
export interface Counting {
  /** Runners that turned out to be broken: what they say counts only where nobody else said anything. */
  readonly broken: readonly string[];
  /** New files, which are run several times and are to pass each time. */
  readonly repeated: ReadonlySet<string>;
}

/** What each file came to, each time that it was run. */
export class FileRuns {
  readonly #runs = new Map<string, FileResult[]>();

  put(result: FileResult): void {
    this.#runs.set(result.file, [...(this.#runs.get(result.file) ?? []), result]);
  }

  /** What a file came to in this very process. */
  in(file: string, ran: RanWhere): FileResult | undefined {
    return this.#runs.get(file)?.find((run) => run.ran === ran);
  }

  get all(): readonly FileResult[] {
    return [...this.#runs.values()].flat();
  }

  get files(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** What a file came to in the end, with its other runs; undefined where it has none. */
  final(file: string, { broken, repeated }: Counting): FileResult | undefined {
    const all = this.#runs.get(file) ?? [];
    const sound = all.filter(({ ran }) => ran && !broken.includes(ran.runner));
    const runs = sound.length > 0 ? sound : all;
    const last = runs.at(-1);
    if (!last || runs.length === 1) return last;
    const bad = runs.filter(isBad);
    const flaky = bad.length > 0 && bad.length < runs.length;
    const counts = repeated.has(file) ? (bad.at(-1) ?? last) : last;
    const newAndFlaky =
      flaky && repeated.has(file) ? `it is new, and failed ${bad.length} of ${runs.length} times` : undefined;
    const message = [newAndFlaky, counts.message].filter(Boolean).join(': ') || undefined;
    const others = runs
      .filter((run) => run !== counts)
      .map(({ verdict, durationMs, tests, message: why, ran }) => ({
        ...{ verdict, durationMs, tests },
        ...present({ message: why, ran }),
      }));
    return { ...counts, ...present({ message, flaky: flaky ? (true as const) : undefined }), others };
  }
}
