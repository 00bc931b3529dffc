import type { JobContext, WorkerJob } from '../../../main/jobs/worker/job-context.ts';
import { Worker } from '../../../main/jobs/worker/worker.ts';

/** A worker that does what it is told to. */
export class TestWorker extends Worker {
  act: (job: WorkerJob, context: JobContext) => Promise<unknown> = async () => undefined;
  override doJob(job: WorkerJob, context: JobContext): Promise<unknown> {
    return this.act(job, context);
  }
}
