import { type JobsApi, RefusedError } from '../client/jobs-api.ts';

/** Bytes that one request carries. */
const largest = 256 * 1024;
/** ms that lines are gathered for. */
const pause = 200;

/** Sends what a job says to the server, in order, in pieces; what came twice is kept once there. */
export class LogStream {
  readonly #api: JobsApi;
  readonly #job: string;
  readonly #number: number;
  #waiting: Buffer[] = [];
  #offset = 0;
  #sending: Promise<void> | undefined;
  #failure: unknown;

  constructor(api: JobsApi, job: string, number: number) {
    this.#api = api;
    this.#job = job;
    this.#number = number;
  }

  /** Resolves when so much has been sent that more is welcome. */
  async write(text: string | Buffer): Promise<void> {
    this.#waiting.push(Buffer.from(text));
    this.#sending ??= this.#send()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#sending = undefined;
      });
    if (this.#waiting.reduce((sum, { length }) => sum + length, 0) > 4 * largest) await this.#sending;
  }

  /** Resolves when all of it is there, or the server wants no more of it. Throws when that is not reached. */
  async end(): Promise<void> {
    while (this.#sending) await this.#sending;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #send(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, pause));
    while (this.#waiting.length > 0) {
      const all = Buffer.concat(this.#waiting);
      const piece = all.subarray(0, largest);
      this.#waiting = all.length > largest ? [all.subarray(largest)] : [];
      try {
        await this.#api.addLog(this.#job, this.#number, this.#offset, piece);
        this.#offset += piece.length;
      } catch (error) {
        // The attempt is over; its lease tells the job.
        if (!(error instanceof RefusedError)) throw error;
        this.#waiting = [];
      }
    }
  }
}
