import { appendFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { present } from '../../common/present.ts';
import type { TaskEnded, TaskParams } from '../../common/protocol/task-protocol.ts';
import type { IncomingStream } from '../../common/streams/incoming-stream.ts';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import type { Streams } from '../../common/streams/streams.ts';
import { findAccount, loginUser } from '../account.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { lackedMemory } from './limited-group.ts';
import type { MemoryWatch } from './memory-watch.ts';
import { type StartedTask, startTask, type TaskStarter, wordsOf } from './start-task.ts';
import type { ProcessEnd } from './starter-process.ts';
import { TaskOutput } from './task-output.ts';
import { TaskProcesses } from './task-processes.ts';

/** What tasks need of the agent. */
export interface TaskHost extends TaskStarter {
  readonly streams: Streams;
  readonly memory: MemoryWatch;
  /** The file for what a task's output is kept under. */
  readonly logFile: (name: string) => string;
}

/** A task's streams: to and from the main host. */
interface Wires {
  readonly stdin: IncomingStream | undefined;
  readonly stdout: OutgoingStream;
  readonly stderr: OutgoingStream;
}

/**
 * Runs a command to the end of its first process; then what that left running is told, and ended or kept as
 * asked. Aborted, all its processes are ended, and the reason is thrown. A non-zero exit is a result. Throws
 * ShakedownError for an unknown user and a folder that is not there.
 */
export async function runTask(params: TaskParams, host: TaskHost, signal: AbortSignal): Promise<TaskEnded> {
  const wires: Wires = {
    stdin: params.stdin === undefined ? undefined : host.streams.read(params.stdin),
    stdout: host.streams.write(params.stdout),
    stderr: host.streams.write(params.stderr),
  };
  try {
    return await run(params, wires, host, signal);
  } finally {
    wires.stdin?.destroy();
    // After a throw, which says more than a stream that is broken off; else they have ended.
    wires.stdout.end();
    wires.stderr.end();
  }
}

async function run(
  params: TaskParams,
  wires: Wires,
  host: TaskHost,
  signal: AbortSignal,
): Promise<TaskEnded> {
  const account = await findAccount(params.user ?? loginUser());
  const begin = performance.now();
  const kept = params.log === undefined ? undefined : new OutputBuffer();
  const started = await startTask(params, account, wires.stdin !== undefined, host);
  const { id, pid, group, limited } = started;
  const processes = new TaskProcesses(id, pid, group);
  const copy = kept && ((chunk: Buffer) => kept.add(chunk));
  const outputs = [
    new TaskOutput(started.stdout, wires.stdout, copy),
    new TaskOutput(started.stderr, wires.stderr, copy),
  ];
  const feeding = wires.stdin && feed(wires.stdin, started.stdin, processes);
  const aborted = () => void processes.end();
  signal.addEventListener('abort', aborted, { once: true });
  let outOfMemory: number | undefined;
  const unwatch =
    params.memory === undefined || limited
      ? undefined
      : host.memory.add({
          ...{ leader: pid, group, limit: params.memory },
          over: (bytes) => {
            outOfMemory = bytes;
            void processes.kill();
          },
        });
  if (signal.aborted) aborted();
  let exitCode: number | null = null;
  try {
    const end = await ended(started, processes);
    exitCode = end.exitCode;
    const pids = processes.left(performance.now() - begin);
    const left = await processes.tell(pids, wordsOf(params.command).join(' '));
    if (pids.length > 0 && (params.leftovers === 'kill' || signal.aborted)) await processes.end();
    await Promise.all(outputs.map((output) => output.finish()));
    signal.throwIfAborted();
    if (limited && group) outOfMemory = lackedMemory(group, params.memory ?? 0);
    const durationMs = Math.round(performance.now() - begin);
    return { ...end, left, durationMs, ...present({ outOfMemory }) };
  } finally {
    unwatch?.();
    signal.removeEventListener('abort', aborted);
    feeding?.destroy();
    // Not while something is left in it.
    group?.remove();
    if (params.log !== undefined && kept)
      await keep(host.logFile(params.log), params.command, kept, exitCode);
  }
}

/** Without whoever tells how it ended, a task does not go on. */
async function ended({ ended }: StartedTask, processes: TaskProcesses): Promise<ProcessEnd> {
  try {
    return await ended;
  } catch (error) {
    await processes.kill();
    throw error;
  }
}

/**
 * A process that does not read all of its input is no error. One whose input breaks off must not take it for
 * the whole: it is ended before it can hear the end.
 */
function feed(source: IncomingStream, near: number, processes: TaskProcesses): Socket {
  const sink = new Socket({ fd: near, readable: false, writable: true });
  source.on('error', () => void processes.end().finally(() => sink.destroy()));
  sink.on('error', () => undefined).on('close', () => source.destroy());
  source.pipe(sink);
  return sink;
}

async function keep(
  file: string,
  command: TaskParams['command'],
  output: OutputBuffer,
  exitCode: number | null,
): Promise<void> {
  const line = typeof command === 'string' ? command : command.join(' ');
  // A full disk shows in what the command itself says.
  await appendFile(file, `$ ${line}\n${output.end()}[exit ${exitCode ?? 'by signal'}]\n`).catch(() => {});
}
