import type { RunEvent } from '../../../common/events.ts';
import { type JobsApi, RefusedError } from '../client/jobs-api.ts';
import { progressEvent } from '../progress.ts';

/** Bytes that one request carries, or one event more than that. */
const largest = 256 * 1024;

/** Sends how far an attempt has come, in order; what came twice counts once there. */
export class EventStream {
  readonly #api: JobsApi;
  readonly #job: string;
  readonly #number: number;
  #sent = 0;
  #sending: Promise<void> = Promise.resolve();
  #refused = false;

  constructor(api: JobsApi, job: string, number: number) {
    this.#api = api;
    this.#job = job;
    this.#number = number;
  }

  /** Resolves when they are there, or the server wants no more of them. */
  tell(events: readonly RunEvent[]): Promise<void> {
    // Parsed, they have what is kept of them, and texts of bounded length.
    const telling = events.flatMap((event) => progressEvent.safeParse(event).data ?? []);
    this.#sending = this.#sending.then(() => this.#send(telling));
    // Who does not wait for it hears of its failure from the attempt's lease.
    this.#sending.catch(() => undefined);
    return this.#sending;
  }

  async #send(events: readonly unknown[]): Promise<void> {
    for (const piece of inPieces(events)) {
      if (this.#refused) return;
      try {
        await this.#api.addEvents(this.#job, this.#number, this.#sent, piece);
        this.#sent += piece.length;
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        // The attempt is over; its lease tells the job.
        this.#refused = true;
      }
    }
  }
}

function inPieces(events: readonly unknown[]): readonly (readonly unknown[])[] {
  const pieces: unknown[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const bytes = JSON.stringify(event).length;
    if (size + bytes > largest || (pieces.at(-1)?.length ?? 0) >= 1000) {
      pieces.push([]);
      size = 0;
    }
    size += bytes;
    pieces.at(-1)?.push(event);
  }
  return pieces;
}
