import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceState } from '../../common/service-status.ts';
import { unwound } from '../../common/unwound.ts';
import { shellAs } from '../account.ts';
import { type MarkedProcesses, serviceVariable } from '../marked-processes.ts';
import { signalGroup } from '../process.ts';
import { FileWatch, lastLinesOfFile, sizeOf, tellingLinesOfFile } from './log-file.ts';
import type { LogWatch, Service, ServiceEnd, ServiceLook } from './service.ts';

/**
 * A shell command line that runs in a session of its own, its output going straight to a file. It must stay in the
 * foreground: when its first process ends, the service has ended. It is never started again by itself.
 */
export class CommandService implements Service {
  readonly #spec: ServiceSpec;
  readonly #workingDir: string;
  readonly #logFile: string;
  readonly #marked: MarkedProcesses;
  #child: ChildProcess | undefined;
  #exit: Promise<void> = Promise.resolve();
  #logStart = 0;
  #listener: (end: ServiceEnd) => void = () => {};

  constructor(spec: ServiceSpec, workingDir: string, logFile: string, marked: MarkedProcesses) {
    this.#spec = spec;
    this.#workingDir = workingDir;
    this.#logFile = logFile;
    this.#marked = marked;
  }

  async start(): Promise<void> {
    const { name, command = '', user, env } = this.#spec;
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
      this.#watch(child);
    } finally {
      closeSync(log);
    }
  }

  async stop(within: number): Promise<void> {
    const begin = performance.now();
    await this.kill('SIGTERM');
    const timeUp = () => performance.now() - begin > within * 1000;
    await unwound(this.#exit, within);
    // The shell ends at once; the daemon below it may still be writing.
    while (this.#marked.find(this.#spec.name).length > 0 && !timeUp()) await sleep(25);
    await this.#marked.end(this.#spec.name);
    await this.#exit;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const running = this.#child?.exitCode === null && this.#child.signalCode === null;
    if (running) signalGroup(this.#child?.pid, signal);
    const group = running ? this.#child?.pid : undefined;
    // Those that left the group; the others have the signal already.
    this.#marked.signal(signal, this.#spec.name, group);
  }

  onEnd(listener: (end: ServiceEnd) => void): void {
    this.#listener = listener;
  }

  async look(): Promise<ServiceLook> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      return { running: false };
    return { running: true, pid: child.pid };
  }

  async seen(): Promise<ServiceState> {
    return this.#marked.find(this.#spec.name).length > 0 ? 'ready' : 'stopped';
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
    return new FileWatch(this.#logFile, pattern, sizeOf(this.#logFile));
  }

  #watch(child: ChildProcess): void {
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        resolve();
        this.#listener({ exitCode, signal });
      });
    });
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
