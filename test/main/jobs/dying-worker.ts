import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorker } from './test-worker.ts';

/** A program to be killed: takes a job and never ends it. */
const [server = '', token = '', type = '', lease = '2'] = process.argv.slice(2);
const folder = join(tmpdir(), `dying-${process.pid}`);
const worker = new TestWorker({ server, token, name: 'dying', leaseSeconds: Number(lease), folder });
worker.jobtypes = type;
worker.act = () => new Promise(() => setInterval(() => undefined, 1000));
await worker.run();
