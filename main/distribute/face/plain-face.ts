import type { Writable } from 'node:stream';
import type { RunEvent } from '../../../common/events.ts';
import { printable, printableLine } from '../../../common/text/printable.ts';
import type { Face } from '../../report/face.ts';
import { duration, type Paint, painter, sign } from '../../report/words.ts';
import { type FileResult, isBad } from '../results/test-result.ts';
import type { Progress, Telling } from '../suite/telling.ts';
import { eventLine } from './event-line.ts';

/** A line for each file as it ends, and for what happens to nodes: for CI's logs and for files. */
export class PlainFace implements Face, Telling {
  readonly #out: Writable;
  readonly #paint: Paint;

  constructor(out: Writable & { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#paint = painter(out, env);
  }

  handle(event: RunEvent): void {
    const line = eventLine(event);
    if (line !== undefined) this.#out.write(`${printable(line)}\n`);
  }

  began(): void {}

  ended(): void {}

  result(result: FileResult, progress: Progress): void {
    this.#out.write(`${resultLine(result, progress, this.#paint)}\n`);
  }

  close(): void {}
}

/** `✓  12/80  spec/a_spec.rb  1.2 s, 14 tests, runner 0_1`, and below it what went wrong beside its tests. */
export function resultLine(result: FileResult, { settled, files }: Progress, paint: Paint): string {
  const { file, verdict, durationMs, tests, message, ran } = result;
  const place = `${String(settled).padStart(String(files).length)}/${files}`;
  const failed = tests.filter(isBad).length;
  const told = tests.length === 0 ? '' : `, ${tests.length === 1 ? '1 test' : `${tests.length} tests`}`;
  const bad = failed === 0 ? '' : `, ${failed} failed`;
  const where = ran ? `, runner ${ran.runner}` : '';
  const facts = paint('gray', `${duration(durationMs)}${told}${bad}${where}`);
  const why = message === undefined ? '' : `\n   ${printable(message)}`;
  return `${sign(verdict, paint)} ${place}  ${printableLine(file)}  ${facts}${why}`;
}
