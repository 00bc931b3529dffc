import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ShakedownError } from '../common/errors.ts';
import { OutputBuffer } from './output-buffer.ts';

export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to the agent's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the process and all of its group; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds; past them the process and its group are ended, and `timedOut` is set. */
  readonly timeout?: number;
  /**
   * How it is asked to end; SIGTERM to its group unless told. After `grace` seconds (2) its group gets
   * SIGKILL.
   */
  readonly endBy?: (child: ChildProcess) => unknown;
  readonly grace?: number;
  /** Bytes of each stream that are kept, of its beginning and again of its end; 256 KiB unless told. */
  readonly most?: number;
  /** Each line of either stream, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Each line that it writes to its file descriptor 3. */
  readonly onStatus?: (line: string) => void;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Bounded: the beginning and the end, when there was more. */
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

/**
 * Runs a program to its end, in a process group of its own and without stdin. Background processes that keep
 * its output open do not hold it up. Throws ShakedownError when it cannot be started.
 */
export async function runProcess(
  argv: readonly [string, ...string[]],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  options.signal?.throwIfAborted();
  const begin = performance.now();
  const child = spawn(argv[0], argv.slice(1), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', options.onStatus ? 'pipe' : 'ignore'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const stdout = new OutputBuffer(options.onLine, options.most);
  const stderr = new OutputBuffer(options.onLine, options.most);
  const status = new OutputBuffer(options.onStatus, 4096);
  child.stdio[3]?.on('data', (chunk: Buffer) => status.add(chunk));
  child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const ending = new Ending(child, options);
  try {
    const { exitCode, signal } = await ended(child, argv[0]);
    options.signal?.throwIfAborted();
    const durationMs = Math.round(performance.now() - begin);
    const { timedOut } = ending;
    return { exitCode, signal, stdout: stdout.end(), stderr: stderr.end(), timedOut, durationMs };
  } finally {
    ending.dispose();
    child.stdout.destroy();
    child.stderr.destroy();
    child.stdio[3]?.destroy();
  }
}

/** Ends a child when its time is up or its caller has lost interest. */
class Ending {
  timedOut = false;
  readonly #timer: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #end: () => void;

  constructor(child: ChildProcess, options: ProcessOptions) {
    this.#end = () => {
      if (this.#killTimer) return;
      (options.endBy ?? ((victim) => signalGroup(victim.pid, 'SIGTERM')))(child);
      this.#killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), (options.grace ?? 2) * 1000);
    };
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#end);
    if (options.timeout !== undefined) {
      this.#timer = setTimeout(() => {
        this.timedOut = true;
        this.#end();
      }, options.timeout * 1000);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#killTimer);
    this.#signal?.removeEventListener('abort', this.#end);
  }
}

function ended(
  child: ChildProcess,
  program: string,
): Promise<{ exitCode: number | null; signal: string | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      reject(new ShakedownError({ message: `cannot run ${program}: ${cause.message}` }, { cause }));
    });
    child.once('exit', (exitCode, signal) => {
      // What was written just before the end is still in the pipes; a daemon left behind may hold them for
      // ever.
      const timer = setTimeout(() => resolve({ exitCode, signal }), 300);
      child.once('close', () => {
        clearTimeout(timer);
        resolve({ exitCode, signal });
      });
    });
  });
}

/** Sends a signal to a whole process group; false when there is none any more. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): boolean {
  if (leader === undefined) return false;
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
