import * as protocol from './check-protocol.ts';
import type { CheckRun } from './check-run.ts';
import type { Worker } from './check-server.ts';

export interface HangWatchOptions {
  readonly run: CheckRun;
  readonly worker: (file: string) => Worker | undefined;
  /** ms, for what names no limit of its own. */
  readonly testTimeoutMs: number;
  /** ms that a file has to be loaded, from when it is its turn. */
  readonly loadTimeoutMs: number;
  /** Ends the file: its process is killed, and the message says why. */
  readonly hung: (file: string, worker: Worker | undefined, message: string) => void;
}

/**
 * Time that Vitest itself has to end a test whose limit is reached, before we do; ms. Generous: on a busy
 * main host a process may get no time at all for a second, and that is no fault of the test.
 */
const grace = 3000;

/** ms between two looks. */
const every = 250;

/**
 * Notices what Vitest cannot: a test that blocks its process (`while (true) {}`), and a file that never
 * finishes loading. Asks the process whose turn it is for a sign of life.
 */
export class HangWatch {
  readonly #options: HangWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #file: string | undefined;
  #lastLook = 0;
  /** ms since its last sign of life, without those in which this process itself got no time. */
  #silent = 0;
  /** Whose answer is awaited: that of a process that was killed never comes. */
  #asking: Worker | undefined;

  constructor(options: HangWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), every).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { run, testTimeoutMs, loadTimeoutMs, hung } = this.#options;
    const file = run.turn;
    if (file === undefined) return;
    if (file !== this.#file) {
      this.#file = file;
      this.#silent = 0;
    }
    const now = performance.now();
    this.#silent += Math.min(now - this.#lastLook, 2 * every);
    this.#lastLook = now;
    const worker = this.#options.worker(file);
    const silent = this.#silent;
    if (worker?.go === undefined) {
      if (silent > loadTimeoutMs) {
        hung(file, worker, `the file did not finish loading within ${loadTimeoutMs / 1000} s`);
      }
      return;
    }
    const limits = run.running(file).map(({ timeoutMs }) => timeoutMs || Number.POSITIVE_INFINITY);
    const limit = limits.length > 0 ? Math.max(...limits) : testTimeoutMs;
    if (silent > limit + grace) {
      hung(file, worker, `it did not finish within ${limit / 1000} s, blocked its process and was ended`);
    } else {
      this.#ask(worker);
    }
  }

  async #ask(worker: Worker): Promise<void> {
    if (this.#asking === worker || worker.gone) return;
    this.#asking = worker;
    try {
      await worker.connection.sendRequest(protocol.ping, {});
      if (worker.file === this.#file) this.#silent = 0;
    } catch {
      // It is gone, which is noticed elsewhere.
    } finally {
      if (this.#asking === worker) this.#asking = undefined;
    }
  }
}
