import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { ShakedownError } from '../../common/errors.ts';
import type { IncomingStream } from '../../common/streams/incoming-stream.ts';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import type { Streams } from '../../common/streams/streams.ts';
import type { TaskEnded, TaskParams } from '../../common/task-protocol.ts';
import { type Account, argvAs, findAccount, loginUser } from '../account.ts';
import { isSystemError } from '../failure.ts';
import { OutputBuffer } from '../output-buffer.ts';
import type { Pipe, Pipes } from './pipes.ts';
import { TaskOutput } from './task-output.ts';
import { TaskProcesses, taskVariable } from './task-processes.ts';

/** What tasks need of the agent. */
export interface TaskHost {
  readonly streams: Streams;
  readonly pipes: Pipes;
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
  const id = randomUUID();
  const begin = performance.now();
  const kept = params.log === undefined ? undefined : new OutputBuffer();
  const started = await start(params, { account, id, pipes: host.pipes, input: wires.stdin !== undefined });
  if ('missing' in started) {
    wires.stderr.end(started.missing);
    wires.stdout.end();
    return { exitCode: 127, signal: null, left: [], durationMs: 0 };
  }
  const { child, ends } = started;
  const processes = new TaskProcesses(id, child.pid ?? -1);
  const copy = kept && ((chunk: Buffer) => kept.add(chunk));
  const outputs = [
    new TaskOutput(ends.stdout.near, wires.stdout, copy),
    new TaskOutput(ends.stderr.near, wires.stderr, copy),
  ];
  const input = wires.stdin && ends.stdin && feed(wires.stdin, ends.stdin.near, processes);
  const aborted = () => void processes.end();
  signal.addEventListener('abort', aborted, { once: true });
  if (signal.aborted) aborted();
  try {
    const { exitCode, signal: by } = await exitOf(child);
    const pids = processes.find();
    const left = await processes.tell(pids, wordsOf(params.command).join(' '));
    if (pids.length > 0 && (params.leftovers === 'kill' || signal.aborted)) await processes.end();
    await Promise.all(outputs.map((output) => output.finish()));
    signal.throwIfAborted();
    return { exitCode, signal: by, left, durationMs: Math.round(performance.now() - begin) };
  } finally {
    signal.removeEventListener('abort', aborted);
    input?.destroy();
    if (params.log !== undefined && kept) await keep(host.logFile(params.log), params.command, kept, child);
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly ends: { readonly stdin?: Pipe; readonly stdout: Pipe; readonly stderr: Pipe };
}

interface StartOptions {
  readonly account: Account;
  readonly id: string;
  readonly pipes: Pipes;
  readonly input: boolean;
}

const wordsOf = (command: TaskParams['command']): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

/** Gives a sentence for a program that does not exist, as a shell would. */
async function start(
  { command, cwd, env }: TaskParams,
  { account, id, pipes, input }: StartOptions,
): Promise<Started | { readonly missing: string }> {
  const [program = '', ...args] = wordsOf(command);
  const as = argvAs([program, ...args], account);
  const folder = cwd ?? account.home;
  const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!there && cwd !== undefined)
    throw new ShakedownError({ message: `the folder ${cwd} does not exist on the node` });
  const [stdin, stdout, stderr] = await Promise.all([
    input ? pipes.toWrite() : undefined,
    pipes.toRead(),
    pipes.toRead(),
  ]);
  const ends = { stdout, stderr, ...(stdin && { stdin }) };
  try {
    const child = spawn(as.argv[0], as.argv.slice(1), {
      cwd: there ? folder : '/',
      // A session of its own: what is left of it can be told, and ended.
      detached: true,
      stdio: [stdin?.far ?? 'ignore', stdout.far, stderr.far],
      env: { ...ownEnvironment(account), ...as.env, ...env, [taskVariable]: id },
    });
    await startOf(child);
    return { child, ends };
  } catch (error) {
    for (const pipe of Object.values(ends)) closeSync(pipe.near);
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    return { missing: `${program}: ${error.code === 'EACCES' ? 'Permission denied' : 'not found'}\n` };
  } finally {
    for (const pipe of Object.values(ends)) closeSync(pipe.far);
  }
}

/** What sudo tells root of who called it is no business of that user's own commands. */
function ownEnvironment({ uid }: Account): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(uid === 0 ? entries : entries.filter(([name]) => !name.startsWith('SUDO_')));
}

function startOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

function exitOf(child: ChildProcess): Promise<{ exitCode: number | null; signal: string | null }> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ exitCode: child.exitCode, signal: child.signalCode });
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
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
  { exitCode }: ChildProcess,
): Promise<void> {
  const line = typeof command === 'string' ? command : command.join(' ');
  // A full disk shows in what the command itself says.
  await appendFile(file, `$ ${line}\n${output.end()}[exit ${exitCode ?? 'by signal'}]\n`).catch(() => {});
}
