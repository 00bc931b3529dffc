import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { present } from '../../common/present.ts';
import type { CommandResult } from '../../common/results.ts';
import { unwound } from '../../common/unwound.ts';
import { SshCommands } from './commands/ssh-commands.ts';
import { ConnectionLostError } from './connection-errors.ts';
import { wordsOf } from './login/login-failures.ts';
import { lastHeardBy, openConnection } from './login/open-connection.ts';
import type {
  Command,
  Downloaded,
  DownloadOptions,
  ExecOptions,
  FileTransferOptions,
  Forwarding,
  Remote,
  RemoteProcess,
  TransferOptions,
  UploadFileOptions,
} from './remote.ts';
import type { SshTarget } from './ssh-target.ts';
import { downloadFile, uploadFile } from './transfer/by-sftp.ts';
import { connectThrough, forwardPort } from './tunnels.ts';

/**
 * Connects to a machine, over its jump hosts, trying again until it answers or `timeout` seconds are over.
 * Throws ShakedownError: a refused login, a host key that is not the expected one, no answer in time.
 */
export async function connectSsh(
  target: SshTarget,
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<Remote> {
  const clients: Client[] = [];
  try {
    for (const hop of [...(target.jumps ?? []), target]) {
      const through = clients.at(-1);
      clients.push(await openConnection(hop, { ...options, ...present({ through }) }));
      // Between two hops nobody else listens, and an unheard 'error' would end the process.
      clients.at(-1)?.on('error', () => undefined);
    }
    return new SshRemote(target, clients);
  } catch (error) {
    for (const client of clients) client.destroy();
    throw error;
  }
}

/** Another connection to a machine that was reached before, over the last of its jump hosts. */
async function openAgain(
  target: SshTarget,
  through: Client | undefined,
  signal: AbortSignal,
): Promise<Client> {
  const client = await openConnection(target, { signal, timeout: 10, ...present({ through }) });
  return client.on('error', () => undefined);
}

/**
 * A Remote on one ssh2 connection; jump hosts' connections are closed with it. Trees go by the agent as a
 * rule: what carries them without it is loaded when it is asked for.
 */
class SshRemote implements Remote {
  readonly address: string;
  readonly user: string;
  readonly #clients: readonly Client[];
  readonly #client: Client;
  readonly #lost = new AbortController();
  readonly #commands: SshCommands;
  #disposed = false;

  constructor(target: SshTarget, clients: readonly Client[]) {
    const client = clients.at(-1);
    if (!client) throw new Error('a remote needs a connection');
    this.address = target.host;
    this.user = target.user;
    this.#clients = clients;
    this.#client = client;
    this.#commands = new SshCommands({
      target,
      client,
      lost: this.lost,
      connect: () => openAgain(target, clients.at(-2), this.lost),
    });
    for (const each of clients) {
      each.on('error', (error) => this.#lose(wordsOf(error), lastHeardBy(error)));
      each.on('close', () => this.#lose('it was closed from the other side'));
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** `at`: when the machine was last heard. */
  #lose(reason: string, at = Date.now()): void {
    if (this.#lost.signal.aborted) return;
    const message = this.#disposed
      ? `the connection to ${this.address} is closed`
      : `the connection to ${this.address} was lost: ${reason}`;
    this.#lost.abort(
      new ConnectionLostError({ message, at, hint: `is the machine still up? ping ${this.address}` }),
    );
  }

  exec(command: Command, options?: ExecOptions): Promise<CommandResult> {
    return this.#commands.exec(command, options);
  }

  spawn(command: Command, options?: Parameters<Remote['spawn']>[1]): Promise<RemoteProcess> {
    return this.#commands.spawn(command, options);
  }

  async upload(
    directory: string,
    target: string,
    options: TransferOptions & { entries?: readonly string[] } = {},
  ): Promise<void> {
    const { uploadTree } = await import('./transfer/upload-tree.ts');
    return uploadTree(this, directory, target, options);
  }

  uploadFile(file: string, target: string, options: UploadFileOptions = {}): Promise<void> {
    return uploadFile({ client: this.#client, lost: this.lost }, file, target, options);
  }

  downloadFile(source: string, file: string, options: FileTransferOptions = {}): Promise<void> {
    return downloadFile({ client: this.#client, lost: this.lost }, source, file, options);
  }

  async download(
    paths: readonly string[],
    directory: string,
    options: DownloadOptions = {},
  ): Promise<Downloaded> {
    const { downloadTree } = await import('./transfer/download-tree.ts');
    return downloadTree(this, paths, directory, options);
  }

  forward(remotePort: number, target: { host: string; port: number }): Promise<Forwarding> {
    return forwardPort(this.#client, remotePort, target, this.lost);
  }

  connect(host: string, port: number): Promise<Duplex> {
    return connectThrough(this.#client, host, port, this.lost);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#commands.idle(2);
    const closed = this.lost.aborted ? undefined : once(this.#client, 'close');
    // Not `end()`: it waits for a machine that may be gone by now, and ssh2 destroys no socket that was ended
    // before.
    for (const client of this.#clients.toReversed()) client.destroy();
    if (closed) await unwound(closed, 1);
  }
}
