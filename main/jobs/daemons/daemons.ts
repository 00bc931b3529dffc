import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { acquireLock } from '../../store/lock.ts';
import type { DaemonState, DaemonWishes, Keeper } from './daemon.ts';
import { DetachedKeeper } from './detached-keeper.ts';
import { forgetReady, keepFirst, readReady } from './ready-file.ts';
import { SystemdKeeper, systemManager, userManager } from './systemd-keeper.ts';

/**
 * Seconds that a start waits for it to be ready: the first of a trial database takes a busy machine more than
 * a minute; a worker may wait for its server longer.
 */
const readyWithin = 180;

/** ms after which a start says what it waits for. */
const silentFor = 5000;

/**
 * What keeps daemons here: systemd where it runs, for root, and for a user who has a manager; else nobody.
 */
export function keeperFor(env: NodeJS.ProcessEnv, folder: string): Keeper {
  const isRoot = process.getuid?.() === 0;
  const runtime = env.XDG_RUNTIME_DIR;
  if (isRoot && existsSync('/run/systemd/system')) return new SystemdKeeper(systemManager);
  if (!isRoot && runtime !== undefined && existsSync(join(runtime, 'systemd/private'))) {
    return new SystemdKeeper(userManager(env.XDG_CONFIG_HOME || join(homedir(), '.config')));
  }
  return new DetachedKeeper(folder);
}

/** Where daemons have what is theirs: root's below /var/lib, anybody else's at home. */
export function daemonsFolder(env: NodeJS.ProcessEnv): string {
  const isRoot = process.getuid?.() === 0;
  const state = env.XDG_STATE_HOME || (isRoot ? '/var/lib' : join(homedir(), '.local/state'));
  return join(state, 'shakedown/daemons');
}

/** Daemons by their names: each is there once. */
export class Daemons {
  readonly #keeper: Keeper;
  readonly #folder: string;

  constructor(keeper: Keeper, folder: string) {
    this.#keeper = keeper;
    this.#folder = folder;
  }

  /**
   * Starts one, and gives what it says when it is ready, and what keeps it. Throws UsageError when it runs
   * already, ShakedownError with its last lines when it ends instead. `note` hears that it takes long.
   */
  async start(
    wishes: DaemonWishes,
    signal: AbortSignal,
    note: (line: string) => void,
  ): Promise<{ readonly lines: readonly string[]; readonly about: string }> {
    const { name } = wishes;
    const readyFile = this.readyFile(name);
    // What lies above is entered by the account of the server's database, too.
    mkdirSync(this.#folder, { recursive: true, mode: 0o711 });
    mkdirSync(join(this.#folder, name), { recursive: true, mode: 0o700 });
    await using _ = await acquireLock(join(this.#folder, name));
    const before = await this.#keeper.state(name);
    if (before.isRunning) {
      const [ready = 'it is not ready yet'] = readReady(readyFile) ?? [];
      const message = `${name} runs already (process ${before.pid}): ${ready}`;
      throw new UsageError(message, { hint: 'stop it first, or start another one by --name or --data' });
    }
    forgetReady(readyFile);
    await this.#keeper.start(wishes);
    const about = this.#keeper.about(name);
    const slow = setTimeout(
      () => note(`${name} is not ready yet; this waits for it, ${readyWithin} s at most; ${about}`),
      silentFor,
    );
    const lines = await this.#ready(name, signal).finally(() => clearTimeout(slow));
    return { lines, about };
  }

  /** What keeps it, and whether it runs; `ready` is what it said when it was. */
  async status(name: string): Promise<DaemonState & { readonly about: string; readonly ready?: string }> {
    const state = await this.#keeper.state(name);
    const [ready] = (state.isRunning ? readReady(this.readyFile(name)) : undefined) ?? [];
    return { ...state, about: this.#keeper.about(name), ...(ready === undefined ? {} : { ready }) };
  }

  /**
   * Asks it to end and waits for that: a worker ends the jobs under way first. False when it does not run.
   */
  async stop(name: string, signal: AbortSignal): Promise<boolean> {
    const { isRunning } = await this.#keeper.state(name);
    await this.#keeper.stop(name, signal);
    forgetReady(this.readyFile(name));
    return isRunning;
  }

  async #ready(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const deadline = performance.now() + readyWithin * 1000;
    while (performance.now() < deadline) {
      const lines = readReady(this.readyFile(name));
      if (lines) {
        keepFirst(this.readyFile(name));
        return lines;
      }
      const { isRunning, lastLines } = await this.#keeper.state(name);
      if (!isRunning && readReady(this.readyFile(name)) === undefined) {
        // Nothing shall start it again and again.
        await this.#keeper.stop(name, signal);
        throw new ShakedownError({ message: `${name} ended right away`, lastLines });
      }
      await sleep(50);
      signal.throwIfAborted();
    }
    return [`it is not ready after ${readyWithin} s, and goes on`];
  }

  readonly readyFile = (name: string): string => join(this.#folder, name, 'ready.json');
}
