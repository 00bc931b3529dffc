import { type ChildProcess, spawn } from 'node:child_process';
import { markVariable } from './proc/marked-processes.ts';

/**
 * A shell that waits for the agent's end on a pipe, which tells it also of a SIGKILL. Unless the agent said
 * before that all is in order, it starts the agent's program again, with `--finish`, to stop what the dead
 * one started.
 */
export class Guard {
  readonly #child: ChildProcess;

  /** `args`: those of the agent, its script first. */
  constructor(program: string, args: readonly string[]) {
    const wait = 'read -r word; if [ "$word" = done ]; then exit 0; fi; exec "$0" "$@" --finish';
    const env = { ...process.env };
    // Unmarked, or the clean-up would end itself.
    delete env[markVariable];
    this.#child = spawn('/bin/sh', ['-c', wait, program, ...args], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env,
    });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#child.unref();
    const pipe = this.#child.stdin;
    if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }

  /** The agent has cleaned up by itself. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.stdin?.end('done\n', () => resolve());
      this.#child.once('exit', () => resolve());
    });
  }
}
