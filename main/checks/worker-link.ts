import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { present } from '../../common/present.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { Way } from '../cluster/cluster-face.ts';
import type { Ask } from '../cluster/cluster-under-test.ts';
import { ask, fileReady, ping, testOver, testStarted, type Welcome, workerHello } from './check-protocol.ts';

/** The environment variable by which a worker knows the main process's socket. */
export const socketVariable = 'SHAKEDOWN_CHECK_SOCKET';

/** The test that is under way: its id, and a signal that is aborted when it has run out of time. */
export interface CurrentTest {
  readonly id: string;
  /** With its suites: `suite > test`. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** One attempt of a test. */
export interface TestAttempt extends CurrentTest {
  /** ms; 0 for none. */
  readonly timeoutMs: number;
  /** What went wrong in it, once it is over. */
  readonly problem: () => string | undefined;
}

const currentTest = new AsyncLocalStorage<CurrentTest>();

/** Whether the test that calls this, if it is one, has run out of time. */
export const isOutOfTime = (): boolean => currentTest.getStore()?.signal.aborted ?? false;

/** What a worker and the main process say to one another; one per worker. */
export class WorkerLink implements Way {
  readonly #connection: MessageConnection;
  #welcome: Welcome | undefined;

  constructor(connection: MessageConnection) {
    this.#connection = connection;
    connection.onRequest(ping, () => null);
    connection.listen();
  }

  /** Throws, as `methods`, before the cluster is ready. */
  get nodes(): Way['nodes'] {
    return this.#known.nodes;
  }

  get methods(): Way['methods'] {
    return this.#known.methods;
  }

  get #known(): Welcome {
    if (this.#welcome === undefined) {
      throw new Error('the cluster is there only inside of tests and hooks, not while the file is loaded');
    }
    return this.#welcome;
  }

  /** Says which file this process is about to load: should that never end, it is known whom to end. */
  async hello(file: string): Promise<void> {
    await this.#connection.sendRequest(workerHello, { file, pid: process.pid });
  }

  /** Waits until the cluster is ready and it is this file's turn. */
  async waitForCluster(): Promise<void> {
    this.#welcome = await this.#connection.sendRequest(fileReady, {});
  }

  /** Runs a test's body, so that what it asks of the cluster is known to come from it. */
  async runTest(test: TestAttempt, body: () => Promise<void>): Promise<void> {
    const { id, name, timeoutMs } = test;
    // Answered before the test begins: should it block this process, it is known which one did.
    await this.#connection.sendRequest(testStarted, { id, name, timeoutMs });
    let problem: string | undefined;
    try {
      await currentTest.run(test, body);
      problem = test.problem();
    } finally {
      await this.#connection.sendNotification(testOver, { id, ...present({ problem }) });
    }
  }

  /**
   * Asks; throws `failed`, whose stack is the caller's, with what went wrong as its message. What a test asks for
   * when its time runs out is ended; what it asks for afterwards, to tidy up, is done.
   */
  async ask(asked: Ask, failed: Error): Promise<unknown> {
    const test = currentTest.getStore();
    const signal = test?.signal.aborted ? undefined : test?.signal;
    const source = new CancellationTokenSource();
    try {
      return await withTimeLimit({ what: 'the call', signal }, async (ending) => {
        ending.addEventListener('abort', () => source.cancel(), { once: true });
        const params = { ...asked, ...present({ test: test?.id, by: test?.name }) };
        const answer = await this.#connection.sendRequest(ask, params, source.token);
        return answer ?? undefined;
      });
    } catch (error) {
      failed.message = error instanceof Error ? error.message : String(error);
      if (signal?.aborted) failed.message = 'the test ran out of time';
      throw failed;
    } finally {
      source.dispose();
    }
  }
}

/** Connects a worker to the main process at `path`. */
export async function connectWorker(path: string): Promise<WorkerLink> {
  const socket = connect(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new WorkerLink(
    createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket)),
  );
}

let link: WorkerLink | undefined;

/** Sets the worker's one link; for the setup file. */
export function setWorkerLink(made: WorkerLink): void {
  link = made;
}

/** The worker's one link; throws in a process that is no worker of ours. */
export function workerLink(): WorkerLink {
  if (link === undefined) {
    throw new Error("'shakedown/check' works in check files that 'shakedown run' runs, nowhere else");
  }
  return link;
}
