import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { version } from '../../../common/version.ts';
import { Asking } from '../../../main/jobs/client/asking.ts';
import { JobsApi, RefusedError } from '../../../main/jobs/client/jobs-api.ts';
import { aServer, ask } from './fixtures/a-server.ts';

const server = aServer();
const own = version();

/** The address of a server that answers like this. */
async function listening(listener: RequestListener): Promise<string> {
  const http = createServer(listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** A job server of another version: it describes itself, and has nothing of what is asked. */
const serverOf = (theirs: string, detail?: string) =>
  listening((request, response) => {
    const description = { openapi: '3.1.0', info: { title: 'shakedown job server', version: theirs } };
    if (request.url === '/openapi.json') return response.end(JSON.stringify(description));
    // What 0.2.0 said, and what versions before their problems had sentences did.
    const body = detail
      ? { type: 'about:blank', title: 'Not found', status: 404, detail }
      : { error: 'Not Found' };
    return response.writeHead(404).end(JSON.stringify(body));
  });
const nothing = 'there is nothing at this address; /openapi.json lists what there is';

/** What is told of the sending of several small contents, which is new. */
async function sending(url: string): Promise<unknown> {
  const api = new JobsApi({ server: url, token: 'x' });
  const thrown: unknown = await api.putContents(Buffer.from('')).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(RefusedError);
  expect(thrown).toMatchObject({ status: 404 });
  return thrown;
}

test.each([nothing, undefined])(
  'an older server: both versions, and that it is to be updated',
  async (said) => {
    const url = await serverOf('0.1.9', said);
    expect(await sending(url)).toMatchObject({
      exitCode: 3,
      details: {
        message: `the job server at ${url} does not know POST /api/contents: it is version 0.1.9, and this shakedown ${own}`,
        hint: `update shakedown where the server runs to ${own}, and start it again`,
      },
    });
  },
);

test('a newer server: the client is to be updated; 0.10 is newer than 0.9', async () => {
  const url = await serverOf('0.10.0', nothing);
  expect(await sending(url)).toMatchObject({
    details: {
      message: expect.stringContaining(`it is version 0.10.0, and this shakedown ${own}`),
      hint: 'update shakedown here to 0.10.0',
    },
  });
});

test('a web server that is no job server of shakedown', async () => {
  const url = await listening((_request, response) => response.writeHead(404).end('<h1>Not Found</h1>'));
  expect(await sending(url)).toMatchObject({
    exitCode: 2,
    details: {
      message: `there is no job server of shakedown at ${url}: it answers POST /api/contents by HTTP 404`,
      hint: 'look at the URL',
    },
  });
});

test('a server of the same version from other sources, as our own is for what it may know one day', async () => {
  const { url, token } = server();
  const asking = new Asking({ server: url, token });
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    await expect(asking.ask(method, '/api/of-tomorrow?a=b')).rejects.toMatchObject({
      details: {
        message: expect.stringContaining(
          `does not know ${method} /api/of-tomorrow: it says version ${own}, as`,
        ),
        hint: 'install the same shakedown on both',
      },
    });
  }
});

test('a client of any version is told which version the server has', async () => {
  const { url, token } = server();
  const answer = await ask(`${url}/api/of-yesterday`, 'POST', { token, body: '{}' });
  expect(answer.json()).toMatchObject({
    status: 404,
    detail: `there is nothing at this address of a job server of version ${own}; /openapi.json lists what there is`,
  });
});

test('a token that is none: where another one is put', async () => {
  await expect(new JobsApi({ server: server().url, token: 'x' }).jobs()).rejects.toMatchObject({
    details: {
      message: 'the job server refuses: send a token that is valid: Authorization: Bearer …',
      hint: 'a token of this server: --token …, or SHAKEDOWN_TOKEN',
    },
  });
});

test('a job that is not there is no matter of versions', async () => {
  await expect(server().admin.job('none')).rejects.toMatchObject({
    details: { message: 'the job server refuses: there is no job none' },
  });
});

test.each([
  [0, 'where the worker runs'],
  [2, 'where the server runs'],
])('a worker of protocol %i is told what to update', async (protocol, where) => {
  const { url, workerToken: token } = server();
  const body = JSON.stringify({ protocol, name: 'w', slots: 1, capabilities: { jobtypes: ['x'] } });
  const answer = await ask(`${url}/api/workers`, 'POST', { token, body });
  expect(answer.json().detail).toBe(
    `the worker speaks version ${protocol} of the protocol, this server 1: update shakedown ${where}`,
  );
});
