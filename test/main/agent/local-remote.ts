import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CommandResult } from '../../../common/results.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import type {
  Command,
  Downloaded,
  ExecOptions,
  Forwarding,
  Remote,
  RemoteProcess,
} from '../../../main/remotes/remote.ts';

/**
 * This very machine as a node: commands are processes of it, and `cut` loses
 * the connection. Files do not travel.
 */
export class LocalRemote implements Remote {
  readonly address: string;
  readonly user = 'root';
  /** Every command that was executed, for counting round trips. */
  readonly commands: string[] = [];
  readonly children: ChildProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;
  readonly #shell: readonly [string, ...string[]];
  readonly #lost = new AbortController();

  /** `shell`: what takes a command line as its last argument. */
  constructor(
    env: Readonly<Record<string, string>> = {},
    address = '127.0.0.1',
    shell: readonly [string, ...string[]] = ['/bin/sh', '-c'],
  ) {
    this.#env = { ...process.env, ...env };
    this.#shell = shell;
    this.address = address;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** As when the network goes away: streams break, and the commands on the node see their stdin end. */
  cut(): void {
    this.#lost.abort(new ConnectionLostError({ message: 'the connection was lost', address: this.address }));
    for (const child of this.children) {
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
  }

  async exec(command: Command, options: ExecOptions = {}): Promise<CommandResult> {
    const begin = performance.now();
    const line = shellLine(command);
    this.commands.push(line);
    const child = this.#start(line);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = once(child, 'close');
    const { stdin } = options;
    if (child.stdin && typeof stdin === 'object' && 'pipe' in stdin)
      await pipeline(stdin, child.stdin).catch(() => {});
    else child.stdin?.end(stdin);
    const [exitCode, signal] = (await ended) as [number | null, string | null];
    const durationMs = performance.now() - begin;
    return { command: line, exitCode, signal, stdout, stderr, durationMs };
  }

  async spawn(command: Command): Promise<RemoteProcess> {
    // As over ssh, a command line is a shell's, and an argument list a program's.
    const child = this.#start(typeof command === 'string' ? command : `exec ${shellLine(command)}`);
    const { stdin, stdout, stderr } = child;
    if (!stdin || !stdout || !stderr) throw new Error('no pipes');
    const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
      this.lost.addEventListener('abort', () => resolve({ exitCode: null, signal: null }));
    });
    return { stdin, stdout, stderr, ended, kill: () => void child.kill('SIGKILL'), resize: () => {} };
  }

  upload(): Promise<void> {
    throw new Error('not part of this fake');
  }
  async uploadFile(): Promise<void> {
    throw new Error('no SFTP on this node');
  }
  async downloadFile(): Promise<void> {
    throw new Error('no SFTP on this node');
  }
  download(): Promise<Downloaded> {
    throw new Error('not part of this fake');
  }
  forward(): Promise<Forwarding> {
    throw new Error('not part of this fake');
  }
  connect(): Promise<Duplex> {
    throw new Error('not part of this fake');
  }
  async [Symbol.asyncDispose](): Promise<void> {}

  #start(line: string): ChildProcess {
    const child = spawn(this.#shell[0], [...this.#shell.slice(1), line], { stdio: 'pipe', env: this.#env });
    child.stdin?.on('error', () => {});
    this.children.push(child);
    return child;
  }
}

const shellLine = (command: Command): string =>
  typeof command === 'string'
    ? command
    : command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
