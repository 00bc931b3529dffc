import { createServer, type Server, type Socket } from 'node:net';
import {
  createMessageConnection,
  type DataCallback,
  type MessageConnection,
  type MessageReader,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import * as protocol from './check-protocol.ts';
import type { CheckRun } from './check-run.ts';
import { serveCluster } from './cluster-service.ts';
import type { NodeLosses } from './node-losses.ts';
import type { PlainNames } from './plain-names.ts';

/** Why a file cannot go on whose process is no more. */
export const processGone = {
  verdict: 'error',
  message: 'its process ended unexpectedly: it crashed or was killed; see checks.log',
  rest: 'the process of its file ended',
} as const;

/** A process that runs one check file. */
export interface Worker {
  readonly file: string;
  readonly pid: number;
  readonly connection: MessageConnection;
  /** Set when its file is loaded and it waits for its turn. */
  go?: (welcome: protocol.Welcome) => void;
  gone: boolean;
}

export interface CheckServerOptions {
  readonly order: protocol.HostOrder;
  /** Gives what is told its real names. */
  readonly names: Pick<PlainNames, 'real'>;
  readonly run: CheckRun;
  readonly losses: NodeLosses;
  /** Called when a worker is ready, and when one has gone. */
  readonly changed: (worker: Worker) => void;
  readonly output: (where: string, text: string) => void;
  readonly allEnded: () => void;
}

/** Hands on all that is told with its real names. */
function withRealNames(reader: MessageReader, names: CheckServerOptions['names']): MessageReader {
  const listen = reader.listen.bind(reader);
  return Object.assign(reader, {
    listen: (callback: DataCallback) => listen((message) => callback(names.real(message))),
  });
}

/** Where the host and its workers connect to: a unix socket. */
export class CheckServer {
  readonly workers = new Map<string, Worker>();
  readonly #options: CheckServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #host: MessageConnection | undefined;
  #cluster: ClusterUnderTest | undefined;

  constructor(path: string, options: CheckServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.listen(path);
  }

  /** From now on calls are answered by this cluster. */
  serve(cluster: ClusterUnderTest): void {
    this.#cluster = cluster;
  }

  /** Tells the host to end. */
  async quit(): Promise<void> {
    try {
      await this.#host?.sendNotification(protocol.quit, {});
    } catch {
      // It has ended already.
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const connection = createMessageConnection(
      withRealNames(new SocketMessageReader(socket), this.#options.names),
      new SocketMessageWriter(socket),
    );
    // A process that is killed while it writes: its end is noticed by the connection's.
    connection.onError(() => {});
    this.#serveHost(connection);
    this.#serveWorker(connection);
    connection.listen();
  }

  #serveHost(connection: MessageConnection): void {
    const { run, order, output, allEnded } = this.#options;
    connection.onRequest(protocol.takeOrder, () => {
      this.#host = connection;
      return order;
    });
    connection.onNotification(protocol.fileCollected, ({ file, tests }) => run.collected(file, tests));
    connection.onNotification(protocol.testEnded, (test) => run.ended(test));
    connection.onNotification(protocol.fileEnded, (ended) => run.fileEnded(ended));
    connection.onNotification(protocol.output, ({ where, text }) => output(where, text));
    connection.onNotification(protocol.allEnded, ({ troubles }) => {
      run.abandonAll(processGone);
      for (const trouble of troubles) run.stray(trouble);
      allEnded();
    });
  }

  #serveWorker(connection: MessageConnection): void {
    const { run, losses, changed } = this.#options;
    let worker: Worker | undefined;
    connection.onRequest(protocol.workerHello, ({ file, pid }) => {
      worker = { file, pid, connection, gone: false };
      this.workers.set(file, worker);
      return null;
    });
    connection.onRequest(protocol.fileReady, () => {
      const made = worker;
      if (made === undefined) return new ResponseError(protocol.callFailed, 'not greeted');
      const { promise, resolve } = Promise.withResolvers<protocol.Welcome>();
      made.go = resolve;
      changed(made);
      return promise;
    });
    connection.onRequest(protocol.testStarted, (test) => {
      if (worker) run.started(worker.file, { ...test, startedAt: performance.now() });
      return null;
    });
    connection.onNotification(protocol.testOver, ({ id, problem }) => {
      if (worker) run.over(worker.file, id, problem);
    });
    connection.onClose(() => {
      if (worker === undefined) return;
      worker.gone = true;
      changed(worker);
    });
    serveCluster(connection, () => this.#requireCluster(), losses.met.bind(losses));
  }

  #requireCluster(): ClusterUnderTest {
    if (this.#cluster === undefined) throw new Error('the cluster is not ready');
    return this.#cluster;
  }
}
