import type { FileResult, RanWhere } from '../results/test-result.ts';
import type { RanHook, RanProcess } from '../schedule/schedule.ts';

/** What was run in a suite, where and when. */
export class Course {
  /** What each runner ran, in its order. */
  readonly #orders = new Map<string, string[]>();
  readonly #processes: RanProcess[] = [];
  readonly #hooks: RanHook[] = [];

  /** A runner begins files. */
  began(runner: string, files: readonly string[]): void {
    const order = this.#orders.get(runner) ?? [];
    this.#orders.set(runner, order);
    order.push(...files);
  }

  /** A process of tests has ended. `resultOf`: what a file came to in it. */
  processEnded(
    { ran, took }: Pick<RanProcess, 'ran' | 'took'>,
    resultOf: (file: string, ran: RanWhere) => FileResult | undefined,
  ): void {
    const files = ran.with.flatMap((file) => resultOf(file, ran) ?? []);
    const found = files.map(({ file, verdict, durationMs }) => ({ file, verdict, durationMs }));
    this.#processes.push({ ran, took, files: found });
  }

  hookEnded(hook: RanHook): void {
    this.#hooks.push(hook);
  }

  get processes(): readonly RanProcess[] {
    return this.#processes;
  }

  get hooks(): readonly RanHook[] {
    return this.#hooks;
  }

  get orders(): ReadonlyMap<string, readonly string[]> {
    return this.#orders;
  }
}
