import { appendFileSync } from 'node:fs';
import { privateFile } from './run-folders.ts';

/** ms for which lines that come right after others wait, to be written together. */
const together = 50;
/** Characters that wait at most. */
const most = 64 * 1024;

/**
 * Appends lines to files. A line is written at once, but one that comes right after another waits
 * for 50 ms at most, and is written with those that came meanwhile: thousands of test files have
 * several lines each. Who is killed by SIGKILL loses those that wait; any other end of the process
 * writes them. A failed write loses its lines.
 */
export class LineFiles {
  readonly #failed: (error: unknown) => void;
  readonly #waiting = new Map<string, string[]>();
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `failed`: told why lines could not be written. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** `line` has its end. */
  append(file: string, line: string): void {
    const lines = this.#waiting.get(file);
    if (lines) lines.push(line);
    else this.#waiting.set(file, [line]);
    unwritten.add(this);
    this.#length += line.length;
    if (!this.#timer) this.#write();
    else if (this.#length >= most) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    unwritten.delete(this);
    for (const [file, lines] of this.#waiting) {
      try {
        appendFileSync(file, lines.join(''), { mode: privateFile });
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#waiting.clear();
    this.#length = 0;
  }

  /** What comes soon waits for the next time. */
  #write(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    this.flush();
    this.#timer = setTimeout(() => this.#write(), together).unref();
  }
}

/** Those in which lines wait, which nothing else writes where the process ends. */
const unwritten = new Set<LineFiles>();
process.on('exit', () => {
  for (const each of unwritten) each.flush();
});
