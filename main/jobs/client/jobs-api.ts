import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { retry } from '../../../common/retry.ts';
import type {
  ArtifactView,
  ClaimAnswer,
  JobView,
  Registration,
  Submission,
  WholeJobView,
} from '../protocol.ts';

/** What a server refused: its HTTP status and its own sentence. */
export class RefusedError extends ShakedownError {
  readonly status: number;

  constructor(status: number, message: string) {
    super({ message: `the job server refuses: ${message}` });
    this.status = status;
  }
}

export interface ApiOptions {
  /** `http://host:port`. */
  readonly server: string;
  readonly token: string;
  /** Seconds for which a server that does not answer is asked again; 0 for not at all. */
  readonly patience?: number;
}

interface Request {
  readonly json?: unknown;
  /** Makes the body anew for each attempt to send it. */
  readonly stream?: () => Readable | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A job server as a library. Each method throws RefusedError when it refuses,
 * ShakedownError when it does not answer.
 */
export class JobsApi {
  readonly server: string;
  readonly #token: string;
  readonly #patience: number;

  constructor({ server, token, patience = 0 }: ApiOptions) {
    this.server = server.replace(/\/+$/, '');
    this.#token = token;
    this.#patience = patience;
  }

  submit = async (job: Submission): Promise<string> =>
    ((await this.#json('POST', '/api/jobs', { json: job })) as { id: string }).id;
  jobs = async (query: Record<string, string> = {}): Promise<JobView[]> =>
    (await this.#json('GET', `/api/jobs?${new URLSearchParams(query)}`)) as JobView[];
  job = async (id: string): Promise<WholeJobView> =>
    (await this.#json('GET', `/api/jobs/${encodeURIComponent(id)}`)) as WholeJobView;
  act = async (id: string, act: 'cancel' | 'retry'): Promise<void> => {
    await this.#ask('POST', `/api/jobs/${encodeURIComponent(id)}/${act}`);
  };

  /**
   * A piece of an attempt's log from a byte on, once there is one or `wait` seconds are over; of the newest
   * attempt unless told. `isOver` when nothing more will be said in it.
   */
  async log(
    id: string,
    offset: number,
    wait: number,
    { attempt, signal }: { readonly attempt?: number | undefined; readonly signal?: AbortSignal } = {},
  ) {
    const which = attempt === undefined ? '' : `&attempt=${attempt}`;
    const path = `/api/jobs/${encodeURIComponent(id)}/log?offset=${offset}&wait=${wait}${which}`;
    const answer = await this.#ask('GET', path, { signal });
    return {
      attempt: Number(answer.headers.get('x-attempt')),
      bytes: Buffer.from(await answer.arrayBuffer()),
      next: Number(answer.headers.get('x-next-offset')),
      isOver: answer.headers.get('x-over') === 'true',
    };
  }

  artifacts = async (id: string): Promise<ArtifactView[]> =>
    (await this.#json('GET', `/api/jobs/${encodeURIComponent(id)}/artifacts`)) as ArtifactView[];
  artifact = async (id: string, { attempt, path }: ArtifactView): Promise<Readable> =>
    this.#download(`${attemptPath(id, attempt)}/artifacts/${encodePath(path)}`);

  upload = async (sha256: string, file: string): Promise<void> => {
    await this.#ask('PUT', `/api/packages/${sha256}`, { stream: () => createReadStream(file) });
  };
  package = (sha256: string): Promise<Readable> => this.#download(`/api/packages/${sha256}`);

  register = async (worker: Registration): Promise<string> =>
    ((await this.#json('POST', '/api/workers', { json: worker })) as { id: string }).id;
  async beat(worker: string, client_info: Record<string, unknown>): Promise<void> {
    await this.#ask('POST', `/api/workers/${worker}/beat`, { json: { client_info } });
  }
  async leave(worker: string): Promise<void> {
    await this.#ask('DELETE', `/api/workers/${worker}`);
  }
  async claim(
    wishes: { worker: string; request: string; wait: number; lease: number },
    signal: AbortSignal,
  ): Promise<ClaimAnswer | undefined> {
    const answer = await this.#ask('POST', '/api/claims', { json: wishes, signal });
    return answer.status === 204 ? undefined : ((await answer.json()) as ClaimAnswer);
  }

  /** Once, whatever the patience: the caller's lease is what counts. */
  async renew(job: string, number: number, signal: AbortSignal): Promise<void> {
    await this.#once('POST', `${attemptPath(job, number)}/lease`, { signal });
  }
  async addLog(job: string, number: number, offset: number, piece: Uint8Array): Promise<void> {
    await this.#ask('POST', `${attemptPath(job, number)}/log?offset=${offset}`, { stream: () => piece });
  }
  async addEvents(job: string, number: number, from: number, events: readonly unknown[]): Promise<void> {
    await this.#ask('POST', `${attemptPath(job, number)}/events`, { json: { from, events } });
  }
  async addArtifact(job: string, number: number, path: string, file: string): Promise<void> {
    const to = `${attemptPath(job, number)}/artifacts/${encodePath(path)}`;
    await this.#ask('PUT', to, { stream: () => createReadStream(file) });
  }
  async settle(job: string, number: number, report: { verdict: string; result: unknown }): Promise<void> {
    await this.#ask('POST', `${attemptPath(job, number)}/result`, { json: report });
  }

  makeToken = async (name: string, role: string) =>
    (await this.#json('POST', '/api/tokens', { json: { name, role } })) as { id: string; token: string };
  tokens = async () =>
    (await this.#json('GET', '/api/tokens')) as {
      id: string;
      name: string;
      role: string;
      createdAt: string;
    }[];
  revokeToken = async (id: string): Promise<void> => {
    await this.#ask('DELETE', `/api/tokens/${encodeURIComponent(id)}`);
  };

  async #download(path: string): Promise<Readable> {
    const { body } = await this.#ask('GET', path);
    return body ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
  }

  #json = async (method: string, path: string, request: Request = {}): Promise<unknown> =>
    (await this.#ask(method, path, request)).json();

  #ask(method: string, path: string, request: Request = {}): Promise<Response> {
    const when = (error: unknown) => !(error instanceof RefusedError) || error.status >= 500;
    return retry(() => this.#once(method, path, request), {
      signal: request.signal,
      within: this.#patience,
      delayMs: (attempt) => Math.min(2000, 100 * 2 ** attempt),
      when,
    });
  }

  async #once(method: string, path: string, { json, stream, headers, signal }: Request): Promise<Response> {
    const body = stream ? stream() : json === undefined ? undefined : JSON.stringify(json);
    const type = stream ? 'application/octet-stream' : 'application/json';
    const answer = await fetch(this.server + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body, duplex: 'half' }),
      ...(signal ? { signal } : {}),
    } as unknown as RequestInit).catch((error: Error) => {
      signal?.throwIfAborted();
      const why = error.cause instanceof Error ? error.cause.message : error.message;
      const hint = 'look whether it runs, and at its URL';
      throw new ShakedownError({ message: `the job server at ${this.server} does not answer: ${why}`, hint });
    });
    if (answer.ok) return answer;
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new RefusedError(answer.status, problem.detail ?? `HTTP ${answer.status}`);
  }
}

const attemptPath = (job: string, number: number): string =>
  `/api/jobs/${encodeURIComponent(job)}/attempts/${number}`;
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
