import type { Files } from '../../server/files.ts';
import type { Change } from '../events.ts';
import type { ShownAttempt } from '../one-attempt.ts';
import { fragment } from '../render.ts';
import { type LogWindow, windowBefore, windowFrom } from './log-window.ts';

/** Bytes of a log that a page shows when it is opened, and that come with one event. */
const [tailBytes, pieceBytes] = [64 * 1024, 256 * 1024];

/** The end of an attempt's log, as a page shows it when it is opened. */
export const lastOfLog = (files: Files, { job, number }: ShownAttempt): Promise<LogWindow> =>
  windowBefore(files.logFile({ job: job.id, number }), undefined, tailBytes);

/** What comes to the log of a job while its page is looked at. */
export class LogTail {
  readonly #files: Files;
  #number: number;
  #offset: number;

  /** From a byte of the log of an attempt on, which is the beginning of a line. */
  constructor(files: Files, number: number, offset: number) {
    this.#files = files;
    this.#number = number;
    this.#offset = offset;
  }

  /** Up to where it is told, for another one to go on from: `3:1024`, the attempt and the byte. */
  get place(): string {
    return `${this.#number}:${this.#offset}`;
  }

  /** What came since it was asked before; `partial` is the beginning of a line that has no end yet. */
  async next(
    shown: ShownAttempt,
  ): Promise<{ readonly changes: readonly Change[]; readonly partial: string }> {
    const changes: Change[] = [];
    if (shown.number !== this.#number) {
      [this.#number, this.#offset] = [shown.number, 0];
      changes.push({ target: 'log-tail', html: '', how: 'innerHTML' });
    }
    const key = { job: shown.job.id, number: shown.number };
    if ((await this.#files.logSize(key)) - this.#offset > 4 * pieceBytes) {
      // It talks faster than one reads: its end is what counts, the rest comes when it is asked for.
      const log = await lastOfLog(this.#files, shown);
      const html = fragment('log/window', { id: key.job, number: key.number, log, at: undefined });
      changes.push({ target: 'log-tail', html, how: 'innerHTML' });
      this.#offset = log.to;
    }
    const log = await windowFrom(this.#files.logFile(key), this.#offset, pieceBytes, shown.isOver);
    if (log.lines.length > 0)
      changes.push({ target: 'log-tail', html: fragment('log/lines', { log }), how: 'beforeend' });
    this.#offset = log.to;
    return { changes, partial: log.partial };
  }
}
