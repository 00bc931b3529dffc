import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { followLog } from '../../../main/commands/jobs/follow-job.ts';
import { aServer, ask } from './fixtures/a-server.ts';

const server = aServer();

test('a log is followed through every attempt at a job', async () => {
  const { admin, url, token } = server();
  const post = (path: string, body: unknown, type = 'application/json') =>
    ask(url + path, 'POST', { token, type, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const capabilities = { jobtypes: ['t'] };
  const worker = (await post('/api/workers', { protocol: 1, name: 'w', capabilities })).json().id;
  const id = await admin.submit({ type: 't' });
  let said = '';
  const stdout = new Writable({
    write(piece, _encoding, done) {
      said += piece;
      done();
    },
  });
  const following = followLog(admin, id, stdout, { follow: true, signal: new AbortController().signal });
  const begin = async (request: string, lease: number, line: string) => {
    const job = (await post('/api/claims', { worker, request, lease, wait: 60 })).json();
    const attempt = `/api/jobs/${id}/attempts/${job.number}`;
    await post(`${attempt}/log?offset=0`, line, 'application/octet-stream');
    await vi.waitFor(() => expect(said).toContain(line));
    return attempt;
  };
  await begin('1', 1, 'a longer line of the first attempt\n');
  const second = await begin('2', 600, 'second\n');
  await post(`${second}/result`, { verdict: 'pass', result: null });
  await following;
  expect(said).toBe('a longer line of the first attempt\nsecond\n');
});
