import { type ChildProcess, spawn } from 'node:child_process';
import { OutputBuffer } from '../../output-buffer.ts';
import type { LogWatch } from '../service.ts';

/** Follows a unit's journal (`journalctl -f`) from `sinceMs` (ms since the epoch) on. */
export class JournalWatch implements LogWatch {
  readonly #child: ChildProcess;
  #found = false;

  constructor(unit: string, pattern: RegExp, sinceMs: number) {
    const since = `--since=@${(sinceMs / 1000).toFixed(3)}`;
    this.#child = spawn('journalctl', ['-f', '-q', '-n', 'all', '-o', 'cat', since, '-u', unit], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child.on('error', () => {});
    const lines = new OutputBuffer((line) => {
      if (pattern.test(line)) this.#found = true;
    }, 64 * 1024);
    this.#child.stdout?.on('data', (chunk: Buffer) => lines.add(chunk));
  }

  async found(): Promise<boolean> {
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGTERM');
  }
}
