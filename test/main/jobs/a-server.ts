import { afterAll, beforeAll } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { type RunningServer, startServer } from '../../../main/jobs/server/start-server.ts';
import { dataFolder } from './three-databases.ts';

export interface ServerUnderTest {
  readonly url: string;
  readonly token: string;
  readonly admin: JobsApi;
  readonly workerToken: string;
}

/** A server with a private PostgreSQL for all tests of a file. */
export function aServer(limits = {}): () => ServerUnderTest {
  const folder = dataFolder();
  let server: RunningServer | undefined;
  let under: ServerUnderTest | undefined;
  beforeAll(async () => {
    server = await startServer({ folder, host: '127.0.0.1', port: 0, limits, tell: () => undefined });
    const token = server.firstToken ?? '';
    const admin = new JobsApi({ server: server.url, token });
    under = { url: server.url, token, admin, workerToken: (await admin.makeToken('w', 'worker')).token };
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  return () => {
    if (!under) throw new Error('it has not started');
    return under;
  };
}

/** Asks with any token, or with none, and gives what came. */
export async function ask(
  url: string,
  method: string,
  { token, body, type = 'application/json' }: { token?: string; body?: string; type?: string } = {},
) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
}
