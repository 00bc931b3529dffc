import { afterAll, beforeAll } from 'vitest';
import { JobsApi } from '../../../main/jobs/client/jobs-api.ts';
import { RecipesApi } from '../../../main/jobs/client/recipes-api.ts';
import {
  type RunningServer,
  type ServerOptions,
  startServer,
} from '../../../main/jobs/server/start-server.ts';
import { dataFolder } from './three-databases.ts';

export interface ServerUnderTest {
  readonly url: string;
  readonly token: string;
  readonly admin: JobsApi;
  readonly recipes: RecipesApi;
  readonly workerToken: string;
}

/** A server with a private PostgreSQL for all tests of a file. */
export function aServer(more: Partial<ServerOptions> = {}): () => ServerUnderTest {
  const folder = dataFolder();
  let server: RunningServer | undefined;
  let under: ServerUnderTest | undefined;
  beforeAll(async () => {
    server = await startServer({ folder, host: '127.0.0.1', port: 0, tell: () => undefined, ...more });
    const token = server.firstToken ?? '';
    const who = { server: server.url, token };
    const [admin, recipes] = [new JobsApi(who), new RecipesApi(who)];
    const { token: workerToken } = await admin.makeToken('w', 'worker');
    under = { url: server.url, token, admin, recipes, workerToken };
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
