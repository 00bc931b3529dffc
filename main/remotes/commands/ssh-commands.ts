import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Client } from 'ssh2';
import { TimeLimitError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { CommandResult } from '../../../common/results.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { Command, ExecOptions, Remote, RemoteProcess } from '../remote.ts';
import type { SshTarget } from '../ssh-target.ts';
import { collectOutput } from './collected-output.ts';
import { begun, type CommandBeginning, commandBeginning } from './command-beginning.ts';
import { type CommandChannel, openChannel } from './command-channel.ts';
import { CommandKiller } from './command-killer.ts';
import { awaitInput, feedInput } from './feed-input.ts';
import { sessionVariables } from './session-variables.ts';
import { commandText, shellLine } from './shell-line.ts';

/** The connection that commands are run on. */
export interface CommandsOptions {
  readonly target: SshTarget;
  readonly client: Client;
  /** Aborted when the connection has ended. */
  readonly lost: AbortSignal;
  /** Another connection to the same machine. */
  readonly connect: () => Promise<Client>;
}

/** The commands of one ssh2 connection, each with a mark of its own, by which it is found to be ended. */
export class SshCommands {
  readonly #target: SshTarget;
  readonly #client: Client;
  readonly #lost: AbortSignal;
  readonly #killer: CommandKiller;

  constructor({ target, client, lost, connect }: CommandsOptions) {
    this.#target = target;
    this.#client = client;
    this.#lost = lost;
    this.#killer = new CommandKiller({ client, address: target.host, user: target.user, lost, connect });
  }

  /** As `exec` of `Remote`. */
  async exec(command: Command, options: ExecOptions = {}): Promise<CommandResult> {
    const { signal, timeout, stdin } = options;
    awaitInput(stdin);
    const id = randomUUID();
    const line = shellLine(command, { ...options, user: this.#target.user, id });
    const late = (seconds: number) =>
      new TimeLimitError('the command', seconds, { command: commandText(command) });
    let opened: CommandChannel | undefined;
    try {
      return await withTimeLimit(
        { what: 'the command', seconds: timeout, signal: [this.#lost, signal], late },
        async (stop) => {
          opened = await this.#open(line, stop);
          return this.#finish(opened, command, options, id);
        },
      );
    } catch (error) {
      this.#killer.end(id, opened);
      throw error;
    }
  }

  async #finish(
    opened: CommandChannel,
    command: Command,
    options: ExecOptions,
    id: string,
  ): Promise<CommandResult> {
    const { channel, ended } = opened;
    const { maxBuffer = 1024 ** 2, spoolDir, stdin, stdoutTo, onStdout, onStderr } = options;
    const startedAt = Date.now();
    const bounds = { maxBuffer, spoolDir };
    const onStream = { ...bounds, spoolName: `${id}.stdout`, to: stdoutTo, onChunk: onStdout };
    const begins = this.#beginning(opened, id, options.root);
    const [stdout, stderr, { exitCode, signal }] = await Promise.all([
      begins.stdout.then(() => collectOutput(channel, onStream)),
      begins.stderr.then(() =>
        collectOutput(channel.stderr, { ...bounds, spoolName: `${id}.stderr`, onChunk: onStderr }),
      ),
      ended,
      feedInput(channel, stdin),
    ]);
    if (this.#lost.aborted) throw this.#lost.reason;
    const refusal = await begins.whyNot();
    if (refusal) throw refusal;
    return {
      command: commandText(command),
      exitCode,
      signal,
      stdout: stdout.text,
      stderr: stderr.text,
      ...present({ stdoutFile: stdout.file, stderrFile: stderr.file }),
      durationMs: Date.now() - startedAt,
    };
  }

  /** As `spawn` of `Remote`. */
  async spawn(command: Command, options: Parameters<Remote['spawn']>[1] = {}): Promise<RemoteProcess> {
    const { root = false, pty } = options;
    const id = randomUUID();
    const opened = await this.#open(
      shellLine(command, { user: this.#target.user, id, root, quiet: pty !== undefined }),
      this.#lost,
      pty,
    );
    const { channel, ended } = opened;
    const kill = () => this.#killer.end(id, opened);
    const stderr = pty
      ? channel.stderr
      : await begun(opened, this.#beginning(opened, id, root)).catch((error) => {
          kill();
          throw error;
        });
    if (this.#lost.aborted) throw this.#lost.reason;
    return {
      stdin: channel,
      stdout: channel,
      stderr: stderr as unknown as Readable,
      ended,
      resize: (rows, cols) => channel.setWindow(rows, cols, 0, 0),
      kill,
    };
  }

  /** Waits until what is to be ended has ended, `within` seconds at most. */
  idle(within: number): Promise<void> {
    return this.#killer.idle(within);
  }

  #beginning(opened: CommandChannel, id: string, root = false): CommandBeginning {
    const { user } = this.#target;
    return commandBeginning(opened, { id, user, bySudo: root && user !== 'root' });
  }

  #open(
    line: string,
    stop: AbortSignal,
    pty?: { readonly rows: number; readonly cols: number },
  ): Promise<CommandChannel> {
    const address = this.#target.host;
    const lost = this.#lost;
    const env = sessionVariables(this.#target, process.env);
    return openChannel(this.#client, line, { address, stop, lost, pty, env });
  }
}
