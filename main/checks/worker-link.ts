import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  type RequestType,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { NodeFacts } from '../config/scenario.ts';
import { fileReady, ping, testOver, testStarted, workerHello } from './check-protocol.ts';

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

/** The full name of the test that calls this, if it is one. */
export const currentTestName = (): string | undefined => currentTest.getStore()?.name;

/** Whether the test that calls this, if it is one, has run out of time. */
export const isOutOfTime = (): boolean => currentTest.getStore()?.signal.aborted ?? false;

/** What a worker and the main process say to one another; one per worker. */
export class WorkerLink {
  readonly #connection: MessageConnection;
  #nodes: readonly NodeFacts[] | undefined;

  constructor(connection: MessageConnection) {
    this.#connection = connection;
    connection.onRequest(ping, () => null);
    connection.listen();
  }

  /** The cluster's nodes; throws before the cluster is ready. */
  get nodes(): readonly NodeFacts[] {
    if (this.#nodes === undefined) {
      throw new Error('the cluster is there only inside of tests and hooks, not while the file is loaded');
    }
    return this.#nodes;
  }

  /** Says which file this process is about to load: should that never end, it is known whom to end. */
  async hello(file: string): Promise<void> {
    await this.#connection.sendRequest(workerHello, { file, pid: process.pid });
  }

  /** Waits until the cluster is ready and it is this file's turn. */
  async waitForCluster(): Promise<void> {
    this.#nodes = await this.#connection.sendRequest(fileReady, {});
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
      const over = problem === undefined ? { id } : { id, problem };
      await this.#connection.sendNotification(testOver, over);
    }
  }

  /**
   * Asks; throws `failure`, whose stack is the caller's, with what went wrong as its message. What a test asks for
   * when its time runs out is ended; what it asks for afterwards, to tidy up, is done.
   */
  async ask<P, R, E>(type: RequestType<P, R, E>, params: P, failure: Error): Promise<R> {
    const test = currentTest.getStore();
    const source = new CancellationTokenSource();
    const { promise: over, reject } = Promise.withResolvers<never>();
    const end = () => {
      source.cancel();
      reject(new Error('the test ran out of time'));
    };
    test?.signal.addEventListener('abort', end, { once: true });
    try {
      const all = { ...params, ...(test && { test: test.id }) };
      return await Promise.race([this.#connection.sendRequest<R>(type.method, all, source.token), over]);
    } catch (error) {
      failure.message = error instanceof Error ? error.message : String(error);
      throw failure;
    } finally {
      test?.signal.removeEventListener('abort', end);
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
