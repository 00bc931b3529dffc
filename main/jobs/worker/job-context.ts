import type { RunEvent } from '../../../common/events.ts';
import type { JobsApi } from '../client/jobs-api.ts';
import type { ClaimAnswer } from '../worker-protocol.ts';
import type { JobPlace } from './job-place.ts';

/** A job as `doJob` gets it. */
export type WorkerJob = ClaimAnswer;

export interface JobContext {
  /**
   * Aborted when the job is to end: it was cancelled, it runs elsewhere by now, or the server is not reached.
   */
  readonly signal: AbortSignal;
  /** An empty folder of the job's own, which goes with it. */
  readonly folder: string;
  /** That folder with the job's control group, which is ended with the job. */
  readonly place: JobPlace;
  readonly api: JobsApi;
  /** For the job's log. */
  log(text: string | Buffer): Promise<void>;
  /** How far it has come: events as `shakedown run --json` prints them, in their order. */
  tellEvents(events: readonly RunEvent[]): Promise<void>;
  /** Keeps a file with the job, under a relative path. */
  addArtifact(path: string, file: string): Promise<void>;
}

/**
 * A result with a verdict of its own: what `doJob` returns is a `pass` else, and what it throws an `error`.
 */
export class JobResult {
  readonly verdict: 'pass' | 'fail' | 'error';
  readonly result: unknown;

  constructor(verdict: JobResult['verdict'], result: unknown) {
    this.verdict = verdict;
    this.result = result;
  }
}
