import { type JobContext, Worker, type WorkerJob } from 'shakedown';

/** Does the jobs of one type of its own: node mobile-unittest.ts http://host:7411 TOKEN */
class Mine extends Worker {
  override jobtypes = ['mobile-unittest'];

  async doJob(job: WorkerJob, { log }: JobContext): Promise<unknown> {
    this.clientInfo = { testing: job.spec.app };
    await this.pushStatus();
    await log(`testing ${job.spec.app}\n`);
    return { passed: 12, failed: 0 };
  }
}

const [server = '', token = ''] = process.argv.slice(2);
const worker = new Mine({ server, token, name: 'phone-rack', tell: console.error });
process.once('SIGINT', () => void worker.stop());
process.once('SIGTERM', () => void worker.stop());
await worker.run();
