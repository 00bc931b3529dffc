import { Worker } from '../../main/jobs/worker/worker.ts';

/** A program that takes jobs and never ends one; killed by whom it belongs to. */
class IdleWorker extends Worker {
  override jobtypes = 'idle';
  override doJob(): Promise<void> {
    return new Promise(() => setInterval(() => undefined, 1000));
  }
}

const [server = '', token = '', folder = ''] = process.argv.slice(2);
await new IdleWorker({ server, token, name: String(process.pid), folder }).run();
