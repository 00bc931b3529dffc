import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface RuntimeServerOptions {
  /** Seconds in which a token is to be used. */
  readonly tokenFor?: number;
  /** Seconds in which a connection is to show its token, and in which one that takes nothing is closed. */
  readonly patience?: { readonly token: number; readonly idle: number };
}

/**
 * Connections at a time: strangers may keep nobody waiting for long, and take no memory worth speaking of.
 */
const mostConnections = 32;

/**
 * Hands one file on to other nodes, which have none of our programs yet: who connects, says a token and a
 * newline, and gets the file's bytes. A token is good once. It listens from the first token on until none is
 * left and nobody is being served, on a port that the kernel chooses; nothing else is ever answered.
 */
export class RuntimeServer {
  readonly #file: string;
  readonly #tokenFor: number;
  readonly #patience: { readonly token: number; readonly idle: number };
  readonly #tokens = new Map<string, NodeJS.Timeout>();
  /** Those that have shown no token. */
  readonly #strangers = new Set<Socket>();
  #serving = 0;
  #listening: Promise<Server> | undefined;

  constructor(file: string, { tokenFor = 60, patience = { token: 5, idle: 30 } }: RuntimeServerOptions = {}) {
    this.#file = file;
    this.#tokenFor = tokenFor;
    this.#patience = patience;
  }

  /** A token for one more node, and the port at which it is taken. Throws where no port can be had. */
  async admit(): Promise<{ readonly port: number; readonly token: string }> {
    const token = randomBytes(16).toString('hex');
    this.#tokens.set(
      token,
      setTimeout(() => this.#forget(token), this.#tokenFor * 1000),
    );
    try {
      this.#listening ??= this.#listen();
      const { port } = (await this.#listening).address() as AddressInfo;
      return { port, token };
    } catch (error) {
      this.#listening = undefined;
      this.#forget(token);
      throw error;
    }
  }

  async #listen(): Promise<Server> {
    const server = createServer((socket) => this.#serve(socket));
    server.maxConnections = mostConnections;
    server.listen(0);
    await once(server, 'listening');
    return server;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#strangers.add(socket);
    // Whoever is on the other side may break off at any moment.
    socket.on('error', () => undefined);
    socket.on('timeout', () => socket.destroy());
    socket.on('close', () => this.#strangers.delete(socket));
    const late = setTimeout(() => socket.destroy(), this.#patience.token * 1000);
    const token = await firstLine(socket);
    clearTimeout(late);
    if (!this.#tokens.has(token)) return void socket.destroy();
    this.#strangers.delete(socket);
    this.#serving += 1;
    this.#forget(token);
    socket.setTimeout(this.#patience.idle * 1000);
    await pipeline(createReadStream(this.#file, { highWaterMark: 1024 * 1024 }), socket).catch(() =>
      socket.destroy(),
    );
    this.#serving -= 1;
    this.#closeWhenDone();
  }

  #forget(token: string): void {
    clearTimeout(this.#tokens.get(token));
    this.#tokens.delete(token);
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#tokens.size > 0 || this.#serving > 0 || !this.#listening) return;
    void this.#listening.then(
      (server) => server.close(),
      () => undefined,
    );
    this.#listening = undefined;
    for (const socket of this.#strangers) socket.destroy();
  }
}

/** What comes before the first newline; nothing where that is longer than any token, or never comes. */
async function firstLine(socket: Socket): Promise<string> {
  let text = '';
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += String(chunk);
      const end = text.indexOf('\n');
      if (end >= 0) return text.slice(0, end);
      if (text.length > 64) break;
    }
  } catch {
    // It was broken off.
  }
  return '';
}
