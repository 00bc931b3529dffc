import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { unwound } from '../../../common/unwound.ts';
import { ownModuleFile } from '../../context/own-module.ts';
import type { CheckLog } from './check-log.ts';

/** The process that hosts Vitest: the leader of a process group of its own, which ends as a whole. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];
  /** Resolves, with how it ended, when the process has ended or could not be started. Never rejects. */
  readonly ended: Promise<string>;

  constructor(socketPath: string, cwd: string, temporaryDirectory: string, log: CheckLog) {
    const program = ownModuleFile(import.meta.url, 'vitest-host');
    this.#child = spawn(process.execPath, [program, socketPath], {
      cwd,
      detached: true,
      env: hostEnvironment(temporaryDirectory),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      log.write(chunk.toString());
      this.#lastLines.push(...chunk.toString().split('\n').filter(Boolean));
      this.#lastLines.splice(0, Math.max(0, this.#lastLines.length - 20));
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.ended = once(this.#child, 'exit').then(
      ([code, signal]) => (signal === null ? `exit ${code}` : `signal ${signal}`),
      (error: Error) => error.message,
    );
  }

  /** What it printed last, oldest first. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /** Gives it some time (ms) to end by itself, then kills it and all that it or the check files started. */
  async end(graceMs: number): Promise<void> {
    await unwound(this.ended, graceMs / 1000);
    killGroup(this.#child.pid);
    await this.ended;
    // Whoever was forked at the last moment.
    killGroup(this.#child.pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

/** Ours, but not what a Vitest or a test around us set: the host is a Vitest of its own, without colours. */
function hostEnvironment(temporaryDirectory: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|FORCE_COLOR|NODE_ENV$|NODE_V8_COVERAGE$)/.test(name),
  );
  return { ...Object.fromEntries(own), NO_COLOR: '1', TMPDIR: temporaryDirectory };
}
