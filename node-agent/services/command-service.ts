import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceState } from '../../common/service-status.ts';
import { unwound } from '../../common/unwound.ts';
import { shellAs } from '../account.ts';
import { type MarkedProcesses, serviceVariable } from '../proc/marked-processes.ts';
import { signalGroup } from '../process.ts';
import { FileWatch, lastLinesOfFile, sizeOf, tellingLinesOfFile } from './log-file.ts';
import { adoptedProcess, type MainProcess, ownProcess } from './main-process.ts';
import type { LogWatch, Service, ServiceEnd, ServiceLook } from './service.ts';
import type { Leader, ServiceLeaders } from './service-leaders.ts';

/** What of the node its commands share. */
export interface CommandContext {
  readonly workingDir: string;
  readonly logFile: string;
  readonly marked: MarkedProcesses;
  readonly leaders: ServiceLeaders;
}

/**
 * A shell command line that runs in a session of its own, its output going straight to a file. It must stay
 * in the foreground: when its first process ends, the service has ended. It is never started again by itself.
 */
export class CommandService implements Service {
  readonly #spec: ServiceSpec;
  readonly #workingDir: string;
  readonly #logFile: string;
  readonly #marked: MarkedProcesses;
  readonly #leaders: ServiceLeaders;
  readonly #ifUp: 'restart' | 'leave';
  #main: MainProcess | undefined;
  #logStart = 0;
  #listener: (end: ServiceEnd) => void = () => {};

  /** `ifUp`: whether one that an earlier agent started is gone on with when it is started. */
  constructor(
    spec: ServiceSpec,
    { workingDir, logFile, marked, leaders }: CommandContext,
    ifUp: 'restart' | 'leave' = 'restart',
  ) {
    this.#spec = spec;
    this.#workingDir = workingDir;
    this.#logFile = logFile;
    this.#marked = marked;
    this.#leaders = leaders;
    this.#ifUp = ifUp;
  }

  async start(): Promise<void> {
    const { name, command = '', user, env } = this.#spec;
    if (this.#adopt()) return;
    // Its first process has ended, and what that had started has not.
    if (this.#ifUp === 'leave') await this.#marked.end(name);
    const cwd = this.#spec.cwd ?? this.#workingDir;
    if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
      throw new ShakedownError({
        message: `service '${name}' cannot start: the folder ${cwd} does not exist on the node`,
        hint: 'correct its `cwd`, or make the folder in a set-up step',
      });
    }
    const account = await shellAs(command, user);
    this.#logStart = sizeOf(this.#logFile);
    const log = openSync(this.#logFile, 'a', 0o600);
    try {
      const child = spawn(account.argv[0], account.argv.slice(1), {
        cwd,
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...process.env, ...account.env, ...env, [serviceVariable]: name },
      });
      await started(child, name);
      this.#main = ownProcess(child, (end) => this.#listener(end));
      this.#leaders.note(name, this.#main.pid, this.#logStart);
    } finally {
      closeSync(log);
    }
  }

  async stop(within: number): Promise<void> {
    const begin = performance.now();
    await this.kill('SIGTERM');
    const timeUp = () => performance.now() - begin > within * 1000;
    await unwound(this.#ended, within);
    // The shell ends at once; the daemon below it may still be writing.
    while (this.#marked.find(this.#spec.name).length > 0 && !timeUp()) await sleep(25);
    await this.#marked.end(this.#spec.name);
    if (this.#main?.running) signalGroup(this.#main.pid, 'SIGKILL');
    await this.#ended;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.#main) this.#adopt();
    const group = this.#main?.running ? this.#main.pid : undefined;
    signalGroup(group, signal);
    // Those that left the group; the others have the signal already.
    this.#marked.signal(signal, this.#spec.name, group);
  }

  onEnd(listener: (end: ServiceEnd) => void): void {
    this.#listener = listener;
  }

  async look(): Promise<ServiceLook> {
    return this.#main?.running ? { running: true, pid: this.#main.pid } : { running: false };
  }

  async seen(): Promise<ServiceState> {
    return this.#left || this.#marked.find(this.#spec.name).length > 0 ? 'ready' : 'stopped';
  }

  /** No boot starts it, and the end of another agent's child cannot be waited for. */
  async watchOnceBooted(): Promise<void> {}

  async lastLines(): Promise<string[]> {
    return lastLinesOfFile(this.#logFile, this.#logStart);
  }

  async tellingLines(): Promise<string[]> {
    return tellingLinesOfFile(this.#logFile, this.#logStart);
  }

  watchLog(pattern: RegExp): LogWatch {
    return new FileWatch(this.#logFile, pattern, this.#left?.logStart ?? sizeOf(this.#logFile));
  }

  /** The first process that an earlier agent started, if it is to be gone on with. */
  get #left(): Leader | undefined {
    return this.#ifUp === 'leave' ? this.#leaders.find(this.#spec.name) : undefined;
  }

  get #ended(): Promise<void> {
    return this.#main?.ended ?? Promise.resolve();
  }

  /** Whether there was one to go on with. */
  #adopt(): boolean {
    const left = this.#left;
    if (!left) return false;
    this.#logStart = left.logStart;
    this.#main = adoptedProcess(left.process, (end) => this.#listener(end));
    return true;
  }
}

function started(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new ShakedownError({ message: `service '${name}' cannot start: ${cause.message}` }, { cause })),
    );
  });
}
