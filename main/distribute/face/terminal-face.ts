import type { Writable } from 'node:stream';
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import type { RunEvent } from '../../../common/events.ts';
import { printable, printableLine } from '../../../common/text/printable.ts';
import type { Face } from '../../report/face.ts';
import { duration, interrupted, type Paint, painter } from '../../report/words.ts';
import type { FileResult } from '../results/test-result.ts';
import type { Progress, Telling } from '../suite/telling.ts';
import { eventLine } from './event-line.ts';
import { resultLine } from './plain-face.ts';

interface Running {
  readonly node: string;
  readonly files: readonly string[];
  readonly since: number;
}

type Screen = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** What runs where, redrawn in place; failures and what happens to nodes scroll by above it. */
export class TerminalFace implements Face, Telling {
  readonly #out: Screen;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #paint: Paint;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Running>();
  readonly #timer: NodeJS.Timeout;
  readonly #begin = performance.now();
  #progress: Progress = { settled: 0, files: 0 };
  readonly #bad = new Set<string>();
  #closed = false;

  constructor(out: Screen, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#out = out;
    this.#paint = painter(out, env);
    this.#signal = signal;
    this.#draw = createLogUpdate(out as NodeJS.WriteStream);
    this.#timer = setInterval(() => this.#redraw(), 100);
    this.#timer.unref();
  }

  handle(event: RunEvent): void {
    const line = eventLine(event);
    if (line !== undefined) this.#scroll(printable(line));
  }

  began(runner: string, node: string, files: readonly string[]): void {
    this.#running.set(runner, { node, files, since: performance.now() });
  }

  ended(runner: string): void {
    this.#running.delete(runner);
  }

  result(result: FileResult, progress: Progress): void {
    this.#progress = progress;
    if (result.verdict === 'pass') this.#bad.delete(result.file);
    else {
      this.#bad.add(result.file);
      this.#scroll(resultLine(result, progress, this.#paint));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#draw.clear();
    this.#draw.done();
  }

  #scroll(line: string): void {
    if (this.#closed) return;
    this.#draw.clear();
    this.#out.write(`${line}\n`);
    this.#redraw();
  }

  #redraw(): void {
    if (this.#closed) return;
    const { columns = 80, rows = 24 } = this.#out;
    const { settled, files } = this.#progress;
    const now = performance.now();
    const bad = this.#bad.size === 0 ? '' : this.#paint('red', `, ${this.#bad.size} failed`);
    const head = files === 0 ? '' : `${settled}/${files} files${bad}, ${duration(now - this.#begin)}`;
    const lines = [...this.#running].map(([runner, { node, files: some, since }]) => {
      const more = some.length === 1 ? '' : ` and ${some.length - 1} more`;
      return `${this.#paint('gray', `${node} ${runner}`)}  ${printableLine(some[0] ?? '')}${more}  ${duration(now - since)}`;
    });
    const room = Math.max(1, rows - 4);
    const shown = lines.slice(0, room);
    if (lines.length > room) shown.push(this.#paint('gray', `and ${lines.length - room} more runners`));
    const last = this.#signal.aborted ? [interrupted] : [];
    const text = [...shown, head, ...last].filter(Boolean).map((line) => cliTruncate(line, columns - 1));
    this.#draw(text.join('\n'));
  }
}
