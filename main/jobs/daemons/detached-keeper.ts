import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isAlive,
  type ProcessIdentity,
  processIdentity,
} from '../../../common/processes/process-identity.ts';
import { lastLines } from '../../../common/text/last-lines.ts';
import type { DaemonState, DaemonWishes, Keeper } from './daemon.ts';

/** Lines of a log that are told. */
const shown = 10;

/**
 * Keeps daemons as processes in a session of their own, where there is no systemd: with a file that says who
 * each is, so that no other process with its id is taken for it, and a log file, which goes on with the next
 * start. They do not outlive the machine's end.
 */
export class DetachedKeeper implements Keeper {
  readonly #folder: string;

  /** Everything of a daemon lies in a folder of its own below this one. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  about = (name: string): string => `log: ${this.#log(name)}`;

  async start({ name, command, env }: DaemonWishes): Promise<void> {
    mkdirSync(join(this.#folder, name), { recursive: true, mode: 0o700 });
    const log = openSync(this.#log(name), 'a', 0o600);
    const [program = '', ...words] = command;
    try {
      const child = spawn(program, words, { cwd: '/', env, detached: true, stdio: ['ignore', log, log] });
      await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('spawn', resolve);
      });
      child.unref();
      writeFileSync(this.#identity(name), JSON.stringify(processIdentity(child.pid)), { mode: 0o600 });
    } finally {
      closeSync(log);
    }
  }

  async state(name: string): Promise<DaemonState> {
    const identity = this.#known(name);
    const text = existsSync(this.#log(name)) ? readFileSync(this.#log(name), 'utf8') : '';
    const isRunning = identity !== undefined && isAlive(identity);
    return { isRunning, pid: isRunning ? identity.pid : undefined, lastLines: lastLines(text, shown) };
  }

  async stop(name: string, signal: AbortSignal): Promise<void> {
    const identity = this.#known(name);
    if (!identity || !isAlive(identity)) return;
    process.kill(identity.pid, 'SIGTERM');
    while (isAlive(identity)) {
      await sleep(50);
      signal.throwIfAborted();
    }
    rmSync(this.#identity(name), { force: true });
  }

  #known(name: string): ProcessIdentity | undefined {
    const file = this.#identity(name);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity) : undefined;
  }

  #identity = (name: string): string => join(this.#folder, name, 'process.json');
  #log = (name: string): string => join(this.#folder, name, 'log');
}
