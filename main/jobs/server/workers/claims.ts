import type { ServerResponse } from 'node:http';
import type { Queue } from '../../queue/queue.ts';
import type { Claim, ClaimWishes, Standing } from '../../queue/queued-job.ts';
import { Problem } from '../problem.ts';
import type { Signals } from '../signals.ts';
import { ClaimGate } from './claim-gate.ts';

/** How workers come to their jobs. */
export class Claims {
  readonly #queue: Queue;
  readonly #signals: Signals;
  readonly #closing: AbortSignal;
  readonly #gate = new ClaimGate();

  constructor(queue: Queue, signals: Signals, closing: AbortSignal) {
    this.#queue = queue;
    this.#signals = signals;
    this.#closing = closing;
    signals.on('queue', () => this.#gate.changed());
  }

  /**
   * A job, once there is one or `wait` seconds are over, or who asked is gone. Throws Problem for a worker
   * that is to do something else.
   */
  async take(wishes: ClaimWishes, wait: number, answer: ServerResponse): Promise<Claim | undefined> {
    const gone = new AbortController();
    answer.once('close', () => gone.abort());
    const ask = () => this.#queue.claim(wishes);
    // Known once there was none for it.
    let kind: string | undefined;
    return await this.#signals.until(
      'queue',
      wait,
      AbortSignal.any([this.#closing, gone.signal]),
      async () => {
        const standing = kind === undefined ? await ask() : await this.#gate.pass(kind, ask);
        if (standing?.standing === 'none') kind = standing.kind;
        return standing && claimIn(standing, wishes.worker);
      },
    );
  }
}

/** Undefined while it is to wait. */
function claimIn(standing: Standing, worker: string): Claim | undefined {
  switch (standing.standing) {
    case 'claimed':
      return standing.claim;
    case 'gone':
      throw new Problem(404, `there is no worker ${worker}: register again`);
    case 'foreign':
      throw foreignWorker(worker);
    case 'draining':
      throw new Problem(410, `worker ${worker} is to end: it takes no further job`);
    default:
      return undefined;
  }
}

export const foreignWorker = (worker: string): Problem =>
  new Problem(403, `worker ${worker} registered with another token: send that, or register again`);
