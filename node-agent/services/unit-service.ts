import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceState } from '../../common/protocol.ts';
import { bootedAt, hasSystemd } from '../node-facts.ts';
import { lastLinesOf } from '../output-buffer.ts';
import { JournalWatch } from './journal-watch.ts';
import type { LogWatch, Service, ServiceEnd } from './service.ts';
import { isUp, journalOf, journalSince, showUnit, systemctl, type UnitState } from './systemctl.ts';
import { type NamedUnit, notStarted, refuseUnusable, unitFailure } from './unit-failures.ts';
import type { UnitRecord } from './unit-record.ts';

/** How often the main process is looked for, in ms; that costs no process. */
const watchEvery = 100;
/** Every so many looks systemd itself is asked, for units without a main process. */
const askEvery = 30;

/** A systemd unit. */
export class UnitService implements Service {
  /** For failures. */
  readonly #named: NamedUnit;
  readonly #unit: string;
  readonly #record: UnitRecord;
  readonly #ifUp: 'restart' | 'leave';
  #startedAt = 0;
  #restarts = 0;
  #pid = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #listener: (end: ServiceEnd) => void = () => {};

  /** `ifUp`: what is done to one that runs already when it is started; `restart` it, since its config may be new. */
  constructor(name: string, unit: string, record: UnitRecord, ifUp: 'restart' | 'leave' = 'restart') {
    this.#named = { name, unit };
    this.#unit = unit;
    this.#record = record;
    this.#ifUp = ifUp;
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!hasSystemd()) {
      throw unitFailure(this.#named, 'the node does not run systemd', {
        verdict: 'error',
        hint: 'start it by `command` instead of `unit`',
      });
    }
    let state = await showUnit(this.#unit, signal);
    if (state.needsReload || state.load === 'not-found') {
      await systemctl(['daemon-reload'], signal);
      state = await showUnit(this.#unit, signal);
    }
    refuseUnusable(this.#named, state);
    // On disk first: whoever comes after us must know what to stop.
    this.#record.add(this.#unit, isUp(state));
    this.#startedAt = Date.now();
    const leave = this.#ifUp === 'leave';
    // Earlier failures count against the unit's start limit.
    if (state.active === 'failed' || state.restarts > 0)
      await systemctl(['reset-failed', '--', this.#unit], signal);
    const verb = isUp(state) && !leave ? 'restart' : 'start';
    const result = await systemctl([verb, '--', this.#unit], signal);
    if (result.exitCode !== 0) throw await notStarted(this.#named, verb, result, this.#startedAt);
    const now = await showUnit(this.#unit, signal);
    this.#restarts = now.restarts;
    if (isUp(now)) this.#watch(now.mainPid);
    // A oneshot has done its work; anything else should still be there.
    else if (now.type !== 'oneshot' || now.result !== 'success') this.#listener(endOf(now));
  }

  async stop(within: number): Promise<void> {
    this.#unwatch();
    const asked = systemctl(['stop', '--', this.#unit]);
    const inTime = await Promise.race([asked.then(() => true), sleep(within * 1000, false, { ref: false })]);
    if (!inTime) {
      await systemctl(['kill', '--signal=SIGKILL', '--', this.#unit]);
      await Promise.race([asked, sleep(10_000, undefined, { ref: false })]);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const result = await systemctl(['kill', `--signal=${signal}`, '--', this.#unit]);
    if (result.exitCode === 0 || !isUp(await showUnit(this.#unit))) return;
    throw unitFailure(this.#named, `it could not be sent ${signal}`, {
      lastLines: lastLinesOf(result.stderr),
    });
  }

  onEnd(listener: (end: ServiceEnd) => void): void {
    this.#listener = listener;
  }

  async look(): Promise<{ running: boolean; pid?: number }> {
    const state = await showUnit(this.#unit);
    return { running: isUp(state), ...(state.mainPid > 0 ? { pid: state.mainPid } : {}) };
  }

  async seen(): Promise<ServiceState> {
    const state = await showUnit(this.#unit);
    if (state.active === 'failed') return 'died';
    if (!isUp(state)) return 'stopped';
    return state.active === 'activating' ? 'starting' : 'ready';
  }

  async watchOnceBooted(isUp: () => boolean): Promise<void> {
    if (!hasSystemd()) return;
    await systemctl(['is-system-running', '--wait']);
    const now = await showUnit(this.#unit);
    if (now.active !== 'active' || !isUp()) return;
    this.#restarts = now.restarts;
    this.#watch(now.mainPid);
  }

  lastLines(): Promise<string[]> {
    return journalOf(this.#unit);
  }

  tellingLines(): Promise<string[]> {
    return this.#startedAt === 0 ? this.lastLines() : journalSince(this.#unit, this.#startedAt);
  }

  watchLog(pattern: RegExp): LogWatch {
    const begun = this.#ifUp === 'leave' ? bootedAt() : this.#startedAt || Date.now();
    return new JournalWatch(this.#unit, pattern, begun);
  }

  #watch(pid: number): void {
    this.#unwatch();
    this.#pid = pid;
    let looks = 0;
    this.#timer = setInterval(() => {
      looks += 1;
      const gone = this.#pid > 0 && !existsSync(`/proc/${this.#pid}`);
      if (gone || looks % askEvery === 0) void this.#ask();
    }, watchEvery);
    this.#timer.unref();
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const state = await showUnit(this.#unit);
      if (!this.#timer || state.active === 'deactivating') return;
      const pending = state.sub === 'auto-restart';
      const restarts = state.restarts + (pending ? 1 : 0);
      const restarted = isUp(state) && restarts > this.#restarts;
      this.#pid = state.mainPid;
      this.#restarts = Math.max(restarts, this.#restarts);
      if (isUp(state) && !restarted) return;
      if (!restarted) this.#unwatch();
      this.#listener({ ...endOf(state), ...(restarted ? { restarted } : {}) });
    } catch {
      // systemd is busy or going down; it is asked again.
    } finally {
      this.#looking = false;
    }
  }
}

function endOf({ exitKind, exitStatus }: UnitState): ServiceEnd {
  if (exitKind === 1) return { exitCode: exitStatus, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === exitStatus)?.[0] ?? null;
  return { exitCode: null, signal: exitKind > 1 ? name : null };
}
