import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { privateFile } from '../../store/run-folders.ts';

/** `checks.log` in the run directory: what the check files print. Never throws. */
export class CheckLog {
  readonly #stream: WriteStream;

  readonly #mask: (text: string) => string;

  constructor(runDirectory: string, mask = (text: string): string => text) {
    this.#mask = mask;
    this.#stream = createWriteStream(join(runDirectory, 'checks.log'), { flags: 'a', mode: privateFile });
    // A full disk must not end the checks.
    this.#stream.on('error', () => {});
  }

  /** Text as it came. */
  write(text: string): void {
    const told = this.#mask(text);
    this.#stream.write(told.endsWith('\n') ? told : `${told}\n`);
  }

  /** What a test printed, under its name; outside of tests `where` is empty. */
  output(where: string, text: string): void {
    const head = `${new Date().toISOString()} ${where === '' ? '(outside of tests)' : where}`;
    this.write(`${head}\n${this.#mask(text).replace(/^/gm, '  ').trimEnd()}`);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#stream.end(resolve));
  }
}
