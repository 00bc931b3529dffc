import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { TaskEnded, TaskParams } from '../../common/protocol/task-protocol.ts';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import type { Streams } from '../../common/streams/streams.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { collectOutput } from '../remotes/commands/collected-output.ts';
import { awaitInput, feedInput } from '../remotes/commands/feed-input.ts';
import { commandText } from '../remotes/commands/shell-line.ts';
import type { Command } from '../remotes/remote.ts';
import { UnansweredError } from './agent-failures.ts';
import type { RpcConnection } from './rpc-connection.ts';
import type { RunningTask, SpawnOptions, TaskOptions, TaskResult } from './task.ts';

/** See Agent.exec. */
export async function execTask(
  connection: RpcConnection,
  command: Command,
  options: TaskOptions,
): Promise<TaskResult> {
  const { signal, timeout, stdin } = options;
  awaitInput(stdin);
  const last = new LastLines();
  const late = (seconds: number, more = {}) =>
    new TimeLimitError('the command', seconds, {
      ...{ command: commandText(command), lastLines: last.lines() },
      ...more,
    });
  const limit = { what: 'the command', seconds: timeout, signal, late };
  let running: Promise<TaskResult> | undefined;
  try {
    return await withTimeLimit(limit, (stop) => {
      running = run(connection, command, options, last, stop);
      return running;
    });
  } catch (error) {
    // Who hears that it is over may rely on it: nothing of the command runs any more.
    const unanswered = await running?.catch((echo: unknown) => echo instanceof UnansweredError && echo);
    if (unanswered instanceof UnansweredError && error instanceof TimeLimitError)
      throw late(timeout ?? 0, unanswered.after(error));
    throw error;
  }
}

/** A command to its end. Where `stop` is aborted first, it has ended on the node, or that is not known. */
async function run(
  connection: RpcConnection,
  command: Command,
  options: TaskOptions,
  last: LastLines,
  stop: AbortSignal,
): Promise<TaskResult> {
  const { stdin, maxBuffer = 1024 ** 2, spoolDir, stdoutTo, onStdout, onStderr } = options;
  const wires = openWires(await connection.open(), stdin !== undefined);
  const broken = new AbortController();
  const over = AbortSignal.any([stop, broken.signal]);
  // A task whose output nobody takes could not end.
  over.addEventListener('abort', () => breakOff(wires, over.reason), { once: true });
  const spool = randomUUID();
  const collect = (source: Readable, name: string, listen?: (chunk: Buffer) => void) =>
    collectOutput(source, {
      maxBuffer,
      spoolDir,
      spoolName: `${spool}.${name}`,
      onChunk: (chunk) => {
        last.add(chunk);
        listen?.(chunk);
      },
      ...(name === 'stdout' && { to: stdoutTo }),
    });
  const asked = ask(connection, command, options, wires, over);
  try {
    const [ended, stdout, stderr] = await Promise.all([
      asked,
      collect(wires.stdout, 'stdout', onStdout),
      collect(wires.stderr, 'stderr', onStderr),
      wires.stdin && feedInput(wires.stdin, stdin),
    ]);
    return {
      command: commandText(command),
      ...ended,
      stdout: stdout.text,
      stderr: stderr.text,
      ...present({ stdoutFile: stdout.file, stderrFile: stderr.file }),
    };
  } catch (error) {
    // Be it that input or output broke off on this side: the command does not go on without them.
    broken.abort(error);
    breakOff(wires, error);
    const why = await asked.catch((echo: unknown) => echo);
    if (stop.aborted) throw why;
    throw await connection.inWords(error, commandText(command));
  }
}

/** See Agent.spawn. */
export async function spawnTask(
  connection: RpcConnection,
  command: Command,
  options: SpawnOptions,
): Promise<RunningTask> {
  const { signal } = options;
  signal?.throwIfAborted();
  const killed = new AbortController();
  const wires = openWires(await connection.open(), true);
  const { stdin, stdout, stderr } = wires;
  if (!stdin) throw new Error('a task that is spawned has an stdin');
  const kill = () => {
    killed.abort(new ShakedownError({ message: 'the command was ended' }));
    breakOff(wires, killed.signal.reason);
  };
  signal?.addEventListener('abort', kill, { once: true });
  const ended = ask(connection, command, options, wires, killed.signal)
    .catch(async (error: unknown) => {
      if (!killed.signal.aborted) breakOff(wires, await connection.inWords(error, commandText(command)));
      return { exitCode: null, signal: null, left: [] };
    })
    .finally(() => {
      signal?.removeEventListener('abort', kill);
      stdin.destroy();
    });
  return { stdin, stdout, stderr, ended, kill };
}

interface Wires {
  readonly stdin: OutgoingStream | undefined;
  readonly stdout: Readable & { readonly id: number };
  readonly stderr: Readable & { readonly id: number };
}

function breakOff(wires: Wires, why: unknown): void {
  for (const wire of Object.values(wires)) wire?.destroy(why as Error);
}

function openWires(streams: Streams, input: boolean): Wires {
  return { stdin: input ? streams.write() : undefined, stdout: streams.read(), stderr: streams.read() };
}

async function ask(
  connection: RpcConnection,
  command: Command,
  { root, user, cwd, env, leftovers = 'keep', log, single, memory }: TaskOptions,
  { stdin, stdout, stderr }: Wires,
  signal: AbortSignal,
): Promise<TaskEnded> {
  if (commandText(command).includes('\0'))
    throw new ShakedownError({ message: 'a command holds a NUL character', command: commandText(command) });
  const params: TaskParams = {
    command,
    leftovers,
    stdout: stdout.id,
    stderr: stderr.id,
    ...present({
      cwd,
      env,
      log,
      single,
      memory,
      stdin: stdin?.id,
      user: user ?? (root ? 'root' : undefined),
    }),
  };
  return connection.call('task', params, { signal });
}

/** The end of what a command has said, for the error of one that took too long. */
class LastLines {
  #text = '';

  add(chunk: Buffer): void {
    this.#text = (this.#text + chunk.subarray(-4096).toString('utf8')).slice(-4096);
  }

  lines(): string[] {
    return this.#text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-20);
  }
}
