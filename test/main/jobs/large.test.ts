import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { rounds } from '../../rounds.ts';
import { freePort, startServerProcess } from './fixtures/server-process.ts';
import { TestWorker } from './fixtures/test-worker.ts';
import { dataFolder } from './fixtures/three-databases.ts';

const generous = { timeout: 300_000, interval: 100 };
const mebibyte = 1024 * 1024;

const folder = dataFolder();
const size = rounds(128, 1024) * mebibyte;

/** A file of that size, of which the disk has nothing but its last line. */
function largeFile(): string {
  const file = join(folder, 'large');
  writeFileSync(file, '');
  truncateSync(file, size - 5);
  writeFileSync(file, 'last\n', { flag: 'a' });
  return file;
}

/** MiB of memory that a process had at most (proc(5): VmHWM). */
const mostMemory = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

test('artifacts and logs as large as one likes go through the server, whose memory stays as it is', async () => {
  const { url: server, token, child } = await startServerProcess(folder, await freePort());
  const api = new JobsApi({ server, token });
  const file = largeFile();
  const line = `${'x'.repeat(1023)}\n`;
  const lines = rounds(16, 100) * 1024;
  const worker = new TestWorker({ server, token, name: 'w', folder: join(folder, 'worker') });
  onTestFinished(() => worker.stop({ endJobs: true }));
  worker.jobtypes = 't';
  worker.act = async (_job, context) => {
    for (let each = 0; each < lines; each++) await context.log(line);
    await context.addArtifact('large', file);
  };
  worker.start();
  const before = mostMemory(child.pid);
  const id = await api.submit({ type: 't' });
  await vi.waitFor(async () => expect((await api.job(id)).state).toBe('done'), generous);
  const [artifact] = await api.artifacts(id);
  expect(artifact).toMatchObject({ path: 'large', size, sha256: await digestOf(file) });
  if (!artifact) throw new Error('there is none');
  const home = join(folder, 'home');
  await pipeline(await api.artifact(id, artifact), createWriteStream(home));
  expect(await digestOf(home)).toBe(artifact.sha256);
  const whole = lines * line.length;
  const tail = await api.log(id, whole - line.length, 0);
  expect([tail.bytes.toString(), tail.next, tail.isOver]).toEqual([line, whole, true]);
  const grown = mostMemory(child.pid) - before;
  expect(grown).toBeLessThan(120);
});

test('what is refused in the midst of a large upload is told, not a connection that breaks', async () => {
  const { url: server, token } = await startServerProcess(dataFolder(), await freePort());
  const api = new JobsApi({ server, token });
  const file = largeFile();
  const worker = await api.register({ protocol: 1, name: 'w', capabilities: { jobtypes: 't' } });
  const id = await api.submit({ type: 't' });
  const signal = new AbortController().signal;
  await api.claim({ worker, request: 'r', wait: 5, lease: 600 }, signal);
  await api.settle(id, 1, { verdict: 'pass', result: null });
  await expect(api.addArtifact(id, 1, 'late', file)).rejects.toThrow('is over');
  await expect(api.addArtifact('none', 1, 'x', file)).rejects.toThrow('there is no attempt');
  await expect(new JobsApi({ server, token: 'no' }).addArtifact(id, 1, 'x', file)).rejects.toThrow('token');
  await expect(api.upload('0'.repeat(64), file)).rejects.toThrow('SHA-256');
  expect((await api.jobs()).length).toBe(1);
});
