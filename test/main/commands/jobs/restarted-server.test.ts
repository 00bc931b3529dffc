import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { patientApi } from '../../../../main/commands/jobs/patient-api.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A job server that knows one thing: that there are no jobs. Gives its port. */
async function listening(port = 0, first?: (answer: ServerResponse) => void): Promise<number> {
  let answered = 0;
  server = createServer((_request, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    if (first && answered++ === 0) first(answer);
    else answer.end('[]');
  });
  await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The server goes away. */
const gone = () => new Promise((resolve) => server?.close(resolve));

const asking = (port: number, within: number) => {
  const stderr = new PassThrough();
  let told = '';
  stderr.on('data', (piece) => {
    told += piece;
  });
  const { signal } = new AbortController();
  const environment = { env: {}, stderr, signal };
  const options = { rest: [], server: `http://127.0.0.1:${port}`, token: 'sd_1' };
  return { api: patientApi(options, environment as never, within), told: () => told };
};

test('who waits for a job goes on with the server that was restarted, and is told of both', async () => {
  const port = await listening();
  const { api, told } = asking(port, 600);
  await gone();
  const jobs = Promise.all([api.jobs(), api.jobs()]);
  await expect.poll(told).toContain('does not answer: ');
  await listening(port);
  expect(await jobs).toEqual([[], []]);
  const address = `http://127.0.0.1:${port}`;
  expect(told().split('\n')).toEqual([
    `shakedown: the job server at ${address} does not answer: connect ECONNREFUSED 127.0.0.1:${port}; ` +
      'it is asked again for 600 s',
    'shakedown: the job server answers again',
    '',
  ]);
});

test.each([
  ['breaks off', (answer: ServerResponse) => answer.write('[', () => answer.destroy()), 'terminated'],
  ['is of somebody else', (answer: ServerResponse) => answer.end('<html>'), 'is not valid JSON'],
])('an answer that %s is asked for again, and told', async (_how, first, why) => {
  const { api, told } = asking(await listening(0, first), 600);
  expect(await api.jobs()).toEqual([]);
  expect(told()).toMatch(/the answer of the job server at http:\/\/127\.0\.0\.1:\d+ cannot be read: /);
  expect(told()).toContain(why);
});

test('one that stays away is given up after that time', async () => {
  const port = await listening();
  const { api, told } = asking(port, 0.3);
  await gone();
  await expect(api.jobs()).rejects.toThrow('does not answer');
  expect(told()).toContain('asked again for 0.3 s');
});
