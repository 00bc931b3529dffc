import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import type { CommandResult } from '../../common/results.ts';
import type { SshTarget } from '../providers/provider.ts';
import { type CollectedOutput, collectOutput } from './collected-output.ts';
import { ConnectionLostError } from './connection-errors.ts';
import { openConnection } from './open-connection.ts';
import type {
  Command,
  Downloaded,
  ExecOptions,
  Forwarding,
  Remote,
  RemoteProcess,
  TransferOptions,
} from './remote.ts';
import { commandText, killLine, shellLine } from './shell-line.ts';
import { downloadTree, uploadFile, uploadTree } from './transfer.ts';

/**
 * Connects to a machine, over its jump hosts, trying again until it answers or `timeout` seconds are over. Throws
 * ShakedownError: a refused login, a host key that is not the expected one, no answer in time.
 */
export async function connectSsh(
  target: SshTarget,
  options: { readonly signal: AbortSignal; readonly timeout: number },
): Promise<Remote> {
  const clients: Client[] = [];
  try {
    for (const hop of [...(target.jumps ?? []), target]) {
      const through = clients.at(-1);
      clients.push(await openConnection(hop, { ...options, ...(through ? { through } : {}) }));
    }
    return new SshRemote(target, clients);
  } catch (error) {
    for (const client of clients) client.destroy();
    throw error;
  }
}

/** A Remote on one ssh2 connection; jump hosts' connections are closed with it. */
class SshRemote implements Remote {
  readonly address: string;
  readonly #target: SshTarget;
  readonly #clients: readonly Client[];
  readonly #client: Client;
  readonly #lost = new AbortController();
  #disposed = false;

  constructor(target: SshTarget, clients: readonly Client[]) {
    const client = clients.at(-1);
    if (!client) throw new Error('a remote needs a connection');
    this.address = target.host;
    this.#target = target;
    this.#clients = clients;
    this.#client = client;
    for (const each of clients) {
      each.on('error', (error) => this.#lose(error.message));
      each.on('close', () => this.#lose('it was closed from the other side'));
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  #lose(reason: string): void {
    if (this.#lost.signal.aborted) return;
    const message = this.#disposed
      ? `the connection to ${this.address} is closed`
      : `the connection to ${this.address} was lost: ${reason}`;
    this.#lost.abort(
      new ConnectionLostError({ message, hint: `is the machine still up? ping ${this.address}` }),
    );
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<CommandResult> {
    const { user } = this.#target;
    const { timeout, root } = options;
    const id = randomUUID();
    const startedAt = Date.now();
    options.signal?.throwIfAborted();
    const opened = await this.#open(shellLine(command, { ...options, user, id }));
    const { channel } = opened;
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => undefined);
    const stop = (reason: unknown) => {
      stopped.reject(reason);
      this.#open(killLine(id, root === true && user !== 'root'))
        .then((killer) => killer.channel.resume())
        .catch(() => undefined)
        .finally(() => channel.close());
    };
    const onAbort = () => stop(options.signal?.reason);
    const onLost = () => stopped.reject(this.lost.reason);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    this.lost.addEventListener('abort', onLost, { once: true });
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(
            () => stop(new TimeLimitError('the command', timeout, { command: commandText(command) })),
            timeout * 1000,
          );
    try {
      return await Promise.race([this.#finish(opened, command, options, { id, startedAt }), stopped.promise]);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
      this.lost.removeEventListener('abort', onLost);
    }
  }

  async #finish(
    { channel, ended }: OpenChannel,
    command: Command,
    options: ExecOptions,
    { id, startedAt }: { id: string; startedAt: number },
  ): Promise<CommandResult> {
    const { maxBuffer = 1024 ** 2, spoolDir, stdin } = options;
    const collect = (
      source: Readable,
      name: string,
      to?: ExecOptions['stdoutTo'],
      onChunk?: (chunk: Buffer) => void,
    ) => collectOutput(source, { maxBuffer, spoolDir, spoolName: `${id}.${name}`, to, onChunk });
    const feeding = feed(channel, stdin);
    const [stdout, stderr, { exitCode, signal }]: [CollectedOutput, CollectedOutput, Exit] =
      await Promise.all([
        collect(channel, 'stdout', options.stdoutTo, options.onStdout),
        collect(channel.stderr, 'stderr', undefined, options.onStderr),
        ended,
      ]);
    await feeding;
    if (this.lost.aborted) throw this.lost.reason;
    if (options.root && exitCode === 1) refuseSudo(stderr.text, this.#target.user);
    return {
      command: commandText(command),
      exitCode,
      signal,
      stdout: stdout.text,
      stderr: stderr.text,
      ...(stdout.file === undefined ? {} : { stdoutFile: stdout.file }),
      ...(stderr.file === undefined ? {} : { stderrFile: stderr.file }),
      durationMs: Date.now() - startedAt,
    };
  }

  async spawn(command: Command, options: Parameters<Remote['spawn']>[1] = {}): Promise<RemoteProcess> {
    const { user } = this.#target;
    const id = randomUUID();
    const sudo = options.root === true && user !== 'root';
    const line = shellLine(command, { user, id, ...(options.root ? { root: true } : {}) });
    const { channel, ended } = await this.#open(line, options.pty);
    return {
      stdin: channel,
      stdout: channel,
      stderr: channel.stderr as unknown as Readable,
      ended,
      resize: (rows, cols) => channel.setWindow(rows, cols, 0, 0),
      kill: () => {
        this.#open(killLine(id, sudo))
          .then((killer) => killer.channel.resume())
          .catch(() => undefined)
          .finally(() => channel.close());
      },
    };
  }

  /** sshd bounds the sessions of one connection (MaxSessions, 10): one too many waits for another to end. */
  async #open(line: string, pty?: { rows: number; cols: number }): Promise<OpenChannel> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        return await this.#openOnce(line, pty);
      } catch (error) {
        const full = error instanceof Error && /Channel open failure/.test(error.message);
        if (!full || Date.now() > deadline) throw error;
        await sleep(20);
      }
    }
  }

  #openOnce(line: string, pty?: { rows: number; cols: number }): Promise<OpenChannel> {
    if (this.lost.aborted) return Promise.reject(this.lost.reason);
    const { promise, resolve, reject } = Promise.withResolvers<OpenChannel>();
    const onLost = () => reject(this.lost.reason);
    this.lost.addEventListener('abort', onLost, { once: true });
    const term = process.env.TERM ?? 'xterm-256color';
    this.#client.exec(line, pty ? { pty: { ...pty, term } } : {}, (error, channel) =>
      error
        ? reject(new ShakedownError({ message: `${this.address} opens no channel: ${error.message}` }))
        : resolve({ channel, ended: exitOf(channel) }),
    );
    return promise.finally(() => this.lost.removeEventListener('abort', onLost));
  }

  upload(
    directory: string,
    target: string,
    options: TransferOptions & { entries?: readonly string[] } = {},
  ): Promise<void> {
    return uploadTree(this, directory, target, options);
  }

  async uploadFile(file: string, target: string, options: TransferOptions = {}): Promise<void> {
    await uploadFile(this.#client, file, target, options, this.lost);
  }

  download(
    paths: readonly string[],
    directory: string,
    options: TransferOptions & { base?: string } = {},
  ): Promise<Downloaded> {
    return downloadTree(this, paths, directory, options);
  }

  async forward(remotePort: number, target: { host: string; port: number }): Promise<Forwarding> {
    const client = this.#client;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    client.forwardIn('127.0.0.1', remotePort, (error, port) =>
      error ? reject(error) : resolve(port || remotePort),
    );
    const bound = await promise;
    const onConnection = (details: { destPort: number }, accept: () => Duplex) => {
      if (details.destPort !== bound) return;
      const channel = accept();
      const socket = connectTcp(target.port, target.host);
      pipeline(channel, socket, channel).catch(() => channel.destroy());
    };
    client.on('tcp connection', onConnection);
    return {
      remotePort: bound,
      [Symbol.asyncDispose]: async () => {
        client.off('tcp connection', onConnection);
        if (!this.lost.aborted) client.unforwardIn('127.0.0.1', bound);
      },
    };
  }

  connect(host: string, port: number): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel) =>
      error ? reject(error) : resolve(channel),
    );
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const closed = this.lost.aborted ? undefined : once(this.#client, 'close');
    for (const client of this.#clients.toReversed()) client.end();
    const timer = setTimeout(() => this.#client.destroy(), 1000);
    await closed?.catch(() => undefined);
    clearTimeout(timer);
    for (const client of this.#clients) client.destroy();
  }
}

/** A channel, and how its command ended: listened to from the first moment, for a short command ends within it. */
interface OpenChannel {
  readonly channel: ClientChannel;
  readonly ended: Promise<Exit>;
}

interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

function exitOf(channel: ClientChannel): Promise<Exit> {
  let exit: Exit = { exitCode: null, signal: null };
  channel.on('exit', (code: number | null, signal?: string) => {
    exit = { exitCode: code ?? null, signal: signal ?? null };
  });
  return new Promise((resolve) => channel.once('close', () => resolve(exit)));
}

/** Sends the input; a command that ends without reading it is not an error. */
async function feed(channel: ClientChannel, stdin: ExecOptions['stdin']): Promise<void> {
  if (stdin === undefined) {
    channel.end();
    return;
  }
  const source: AsyncIterable<Buffer> | readonly Buffer[] =
    typeof stdin === 'string' || Buffer.isBuffer(stdin) ? [Buffer.from(stdin)] : stdin;
  try {
    for await (const chunk of source) {
      if (channel.destroyed || channel.writableEnded) break;
      if (!channel.write(chunk)) await Promise.race([once(channel, 'drain'), once(channel, 'close')]);
    }
  } finally {
    channel.end();
  }
}

/** Throws when sudo itself said no, which is no result of the command. */
function refuseSudo(stderr: string, user: string): void {
  const said =
    /^sudo: .*(password is required|terminal is required|not allowed|not in the sudoers).*$/m.exec(
      stderr,
    )?.[0] ?? /^.*is not in the sudoers file.*$/m.exec(stderr)?.[0];
  if (said === undefined) return;
  throw new ShakedownError({
    message: `'${user}' may not run commands as root: ${said}`,
    hint: `on the node: echo '${user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown`,
  });
}
