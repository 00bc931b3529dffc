import type { ClockMeasure } from '../../common/results.ts';
import type { Span } from '../../common/span.ts';
import { printableData } from '../../common/text/printable.ts';
import { cutSpan } from './bounds.ts';
import type { RecordEvent } from './run-record.ts';

/** What of a run happened when, by the main host's clock. */
export class Trail {
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly spans: Span[] = [];
  readonly events: RecordEvent[] = [];
  readonly clocks: ClockMeasure[] = [];
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.startedAt = clock();
  }

  /** ms since the start. */
  get now(): number {
    return this.#clock() - this.startedAt;
  }

  /** A moment so many ms ago, as far as it can be one of this run; ms since the epoch. */
  ago(ms: number): number {
    return this.moment(this.#clock() - ms);
  }

  /** A moment that was told, as far as it can be one of this run; now where none was. */
  moment(at = this.#clock()): number {
    return Math.min(this.#clock(), Math.max(at, this.startedAt));
  }

  keep(span: Span): void {
    this.spans.push(cutSpan(printableData(span)));
  }

  /** `at`: ms since the epoch. */
  happened(event: Omit<RecordEvent, 'atMs'>, at: number): void {
    this.events.push({ ...printableData(event), atMs: at - this.startedAt });
  }

  /** A node's clock as it was found right now. */
  clockMeasured(measured: Omit<ClockMeasure, 'atMs'>): ClockMeasure {
    const measure = { ...measured, atMs: this.now };
    this.clocks.push(measure);
    return measure;
  }
}
