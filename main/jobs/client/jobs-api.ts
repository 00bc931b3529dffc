import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Origins } from '../../distribute/history/merge.ts';
import type { UserView } from '../account-protocol.ts';
import type { FileTree } from '../packages/file-tree.ts';
import type { ArtifactView, JobView, Submission, WholeJobView } from '../protocol.ts';
import type { BeatAnswer, ClaimAnswer, Registration } from '../worker-protocol.ts';
import { type ApiOptions, Asking } from './asking.ts';

export type { ApiOptions } from './asking.ts';
export { RefusedError } from './refused.ts';

/**
 * A job server as a library. Each method throws RefusedError when it refuses,
 * ShakedownError when it does not answer.
 */
export class JobsApi {
  readonly #asking: Asking;

  constructor(options: ApiOptions) {
    this.#asking = new Asking(options);
  }

  /** Gives the job's id. However often it has to be asked, one job comes of it. */
  async submit(job: Submission): Promise<string> {
    const json = { id: randomUUID(), ...job };
    return ((await this.#asking.json('POST', '/api/jobs', { json })) as { id: string }).id;
  }
  /**
   * Jobs of which each has a `cell`. Gives the ids of the matrix and of its jobs; one comes of it as above.
   */
  async submitMatrix(jobs: readonly Submission[]): Promise<{ id: string; jobs: string[] }> {
    const json = { id: randomUUID(), jobs };
    return (await this.#asking.json('POST', '/api/matrices', { json })) as { id: string; jobs: string[] };
  }
  jobs = async (query: Record<string, string> = {}): Promise<JobView[]> =>
    (await this.#asking.json('GET', `/api/jobs?${new URLSearchParams(query)}`)) as JobView[];
  job = async (id: string): Promise<WholeJobView> =>
    (await this.#asking.json('GET', `/api/jobs/${encodeURIComponent(id)}`)) as WholeJobView;
  /** On a job, or on all jobs of a matrix; with `failed` on those of them that did not pass. */
  act = async (id: string, act: 'cancel' | 'retry', { failed = false } = {}): Promise<void> => {
    await this.#asking.ask('POST', `/api/jobs/${encodeURIComponent(id)}/${act}?failed=${failed}`);
  };

  /** Whether a job is kept, however old it gets. */
  async pin(id: string, isPinned: boolean): Promise<void> {
    await this.#asking.ask(isPinned ? 'PUT' : 'DELETE', `/api/jobs/${encodeURIComponent(id)}/pin`);
  }

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
    return this.#asking.ask('GET', path, { signal, wait }, async (answer) => ({
      attempt: Number(answer.headers.get('x-attempt')),
      bytes: Buffer.from(await answer.arrayBuffer()),
      next: Number(answer.headers.get('x-next-offset')),
      isOver: answer.headers.get('x-over') === 'true',
    }));
  }

  artifacts = async (id: string): Promise<ArtifactView[]> =>
    (await this.#asking.json('GET', `/api/jobs/${encodeURIComponent(id)}/artifacts`)) as ArtifactView[];
  artifact = async (id: string, { attempt, path }: ArtifactView): Promise<Readable> =>
    this.#download(`${attemptPath(id, attempt)}/artifacts/${encodePath(path)}`);

  upload = async (sha256: string, file: string): Promise<void> => {
    await this.#asking.ask('PUT', `/api/packages/${sha256}`, streamed(file));
  };
  /** Which of these contents the server has not, and how many bytes all files of one tree may have. */
  missingContents = async (contents: readonly string[]): Promise<{ missing: string[]; limit: number }> =>
    (await this.#asking.json('POST', '/api/contents/missing', { json: { contents } })) as {
      missing: string[];
      limit: number;
    };
  putContent = async (sha256: string, file: string): Promise<void> => {
    await this.#asking.ask('PUT', `/api/contents/${sha256}`, streamed(file));
  };
  /** Many of them at once: `bundle` is what `bundleOf` makes. */
  putContents = async (bundle: Buffer): Promise<void> => {
    await this.#asking.ask('POST', '/api/contents', { stream: () => bundle, size: bundle.length });
  };
  /** All its contents are there by then. Gives the digest by which a job names it as its package. */
  putTree = async (tree: FileTree): Promise<string> =>
    ((await this.#asking.json('POST', '/api/packages', { json: tree })) as { sha256: string }).sha256;
  package = (sha256: string): Promise<Readable> => this.#download(`/api/packages/${sha256}`);

  register = async (worker: Registration): Promise<string> =>
    ((await this.#asking.json('POST', '/api/workers', { json: worker })) as { id: string }).id;
  beat = async (
    worker: string,
    client_info: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<BeatAnswer> => {
    const request = { json: { client_info }, signal };
    return (await this.#asking.json('POST', `/api/workers/${worker}/beat`, request)) as BeatAnswer;
  };
  async leave(worker: string): Promise<void> {
    await this.#asking.ask('DELETE', `/api/workers/${worker}`);
  }
  async claim(
    wishes: { worker: string; request: string; wait: number; lease: number },
    signal: AbortSignal,
  ): Promise<ClaimAnswer | undefined> {
    const request = { json: wishes, signal, wait: wishes.wait };
    return this.#asking.ask('POST', '/api/claims', request, async (answer) =>
      answer.status === 204 ? undefined : ((await answer.json()) as ClaimAnswer),
    );
  }

  /** Once, whatever the patience: the caller's lease is what counts. Within seconds. */
  async renew(job: string, number: number, signal: AbortSignal, within: number): Promise<void> {
    await this.#asking.once('POST', `${attemptPath(job, number)}/lease`, { signal, within });
  }
  async addLog(job: string, number: number, offset: number, piece: Uint8Array): Promise<void> {
    await this.#asking.ask('POST', `${attemptPath(job, number)}/log?offset=${offset}`, {
      ...{ stream: () => piece, size: piece.length },
    });
  }
  async addEvents(job: string, number: number, from: number, events: readonly unknown[]): Promise<void> {
    await this.#asking.ask('POST', `${attemptPath(job, number)}/events`, { json: { from, events } });
  }
  async addArtifact(job: string, number: number, path: string, file: string): Promise<void> {
    const to = `${attemptPath(job, number)}/artifacts/${encodePath(path)}`;
    await this.#asking.ask('PUT', to, streamed(file));
  }
  /** What is known of the test files of the project that this attempt is at. */
  testHistory = async (job: string, number: number): Promise<Origins> =>
    ((await this.#asking.json('GET', `${attemptPath(job, number)}/history`)) as { origins: Origins }).origins;
  async addTestHistory(job: string, number: number, origins: Origins): Promise<void> {
    await this.#asking.ask('PUT', `${attemptPath(job, number)}/history`, { json: { origins } });
  }
  async settle(job: string, number: number, report: { verdict: string; result: unknown }): Promise<void> {
    await this.#asking.ask('POST', `${attemptPath(job, number)}/result`, { json: report });
  }

  makeToken = async (name: string, role: string) =>
    (await this.#asking.json('POST', '/api/tokens', { json: { name, role } })) as {
      id: string;
      token: string;
    };
  tokens = async () =>
    (await this.#asking.json('GET', '/api/tokens')) as {
      id: string;
      name: string;
      role: string;
      createdAt: string;
    }[];
  revokeToken = async (id: string): Promise<void> => {
    await this.#asking.ask('DELETE', `/api/tokens/${encodeURIComponent(id)}`);
  };

  addUser = async (user: { name: string; role: string; password: string }): Promise<string> =>
    ((await this.#asking.json('POST', '/api/users', { json: user })) as { id: string }).id;
  users = async (): Promise<UserView[]> => (await this.#asking.json('GET', '/api/users')) as UserView[];
  /** By name or by id. */
  removeUser = async (name: string): Promise<void> => {
    await this.#asking.ask('DELETE', `/api/users/${encodeURIComponent(name)}`);
  };

  async #download(path: string): Promise<Readable> {
    const { body } = await this.#asking.ask('GET', path);
    return body ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
  }
}

const attemptPath = (job: string, number: number): string =>
  `/api/jobs/${encodeURIComponent(job)}/attempts/${number}`;
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

const streamed = (file: string) => ({
  stream: () => bytesOf(file),
  size: statSync(file, { throwIfNoEntry: false })?.size,
});

/** Opened when it is read: a file that is not there fails what is asked, and nothing else. */
const bytesOf = (file: string): Readable =>
  Readable.from(
    (async function* () {
      yield* createReadStream(file);
    })(),
  );
