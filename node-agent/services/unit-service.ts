import { existsSync } from 'node:fs';
import { present } from '../../common/present.ts';
import type { ServiceState } from '../../common/service-status.ts';
import { unwound } from '../../common/unwound.ts';
import { bootedAt, hasSystemd } from '../node-facts.ts';
import { lastLinesOf } from '../output-buffer.ts';
import type { ProcessResult } from '../process.ts';
import { holdDown, letRestart } from './held-down.ts';
import { JournalWatch } from './journal-watch.ts';
import type { LogWatch, Service, ServiceEnd, ServiceLook } from './service.ts';
import {
  isRestarting,
  isUp,
  journalOf,
  journalSince,
  showUnit,
  systemctl,
  type UnitState,
} from './systemctl.ts';
import { endOf } from './unit-end.ts';
import { type NamedUnit, notStarted, refuseUnusable, unitFailure } from './unit-failures.ts';
import { hasProcesses } from './unit-processes.ts';
import type { UnitRecord } from './unit-record.ts';

/** How often the main process is looked for, in ms; that costs no process. */
const watchEvery = 100;
/** Signals that end what they are sent to. */
const deadly = [
  'SIGKILL',
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
];
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
  /** Its control group, where it had processes when it was started but no main one: then they are it. */
  #group: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #listener: (end: ServiceEnd) => void = () => {};

  /**
   * `ifUp`: what is done to one that runs already when it is started; `restart`
   * it, since its config may be new.
   */
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
    await letRestart(state.id);
    if (state.needsReload || state.load === 'not-found') {
      await systemctl(['daemon-reload'], signal);
      state = await showUnit(this.#unit, signal);
    }
    refuseUnusable(this.#named, state);
    // On disk first: whoever comes after us must know what to stop.
    this.#record.add(this.#unit, { wasUp: isUp(state) });
    this.#startedAt = Date.now();
    const leave = this.#ifUp === 'leave';
    // Earlier failures count against the unit's start limit.
    if (state.active === 'failed' || state.restarts > 0)
      await systemctl(['reset-failed', '--', this.#unit], signal);
    const verb = isUp(state) && !leave ? 'restart' : 'start';
    const result = await this.#begin(verb, signal);
    if (result.exitCode !== 0) throw await notStarted(this.#named, verb, result, this.#startedAt);
    const now = await showUnit(this.#unit, signal);
    this.#restarts = 0;
    if (isUp(now)) this.#watch(now);
    // A oneshot has done its work; anything else should still be there.
    else if (now.type !== 'oneshot' || now.result !== 'success') this.#listener(await endOf(now, Date.now()));
  }

  /** What earlier runs in quick succession used up of its start limit (systemd.unit(5)) is given back. */
  async #begin(verb: 'start' | 'restart', signal: AbortSignal): Promise<ProcessResult> {
    const begin = () => systemctl([verb, '--', this.#unit], signal);
    const begun = await begin();
    if (begun.exitCode === 0) return begun;
    const { result, restarts } = await showUnit(this.#unit, signal);
    // One that systemd started again and again has failed by itself.
    if (result !== 'start-limit-hit' || restarts > 0) return begun;
    await systemctl(['reset-failed', '--', this.#unit], signal);
    return begin();
  }

  async stop(within: number): Promise<void> {
    this.#unwatch();
    const asked = systemctl(['stop', '--', this.#unit]);
    if (await unwound(asked, within)) return;
    await systemctl(['kill', '--signal=SIGKILL', '--', this.#unit]);
    await unwound(asked, 10);
  }

  async kill(signal: NodeJS.Signals, restart: boolean): Promise<void> {
    const before = await showUnit(this.#unit);
    const comesBack = before.restart !== '' && before.restart !== 'no';
    if (!restart && comesBack && deadly.includes(signal)) await holdDown(before.id);
    const result = await systemctl(['kill', `--signal=${signal}`, '--', this.#unit]);
    if (result.exitCode === 0 || !isUp(await showUnit(this.#unit))) return;
    throw unitFailure(this.#named, `it could not be sent ${signal}`, {
      lastLines: lastLinesOf(result.stderr),
    });
  }

  onEnd(listener: (end: ServiceEnd) => void): void {
    this.#listener = listener;
  }

  async look(): Promise<ServiceLook> {
    const state = await showUnit(this.#unit);
    return {
      running: isUp(state) && !this.#isEmpty(state),
      restarting: isRestarting(state),
      ...present({ pid: state.mainPid > 0 ? state.mainPid : undefined }),
    };
  }

  /** It is up by systemd's word, as an init script may be for good, and its processes are gone. */
  #isEmpty({ mainPid }: Pick<UnitState, 'mainPid'>): boolean {
    return mainPid === 0 && this.#group !== undefined && hasProcesses(this.#group) === false;
  }

  async seen(): Promise<ServiceState> {
    const state = await showUnit(this.#unit);
    if (state.active === 'failed') return 'died';
    if (!isUp(state)) return 'stopped';
    if (isRestarting(state)) return 'restarting';
    return state.active === 'activating' ? 'starting' : 'ready';
  }

  async watchOnceBooted(isUp: () => boolean): Promise<void> {
    if (!hasSystemd()) return;
    await systemctl(['is-system-running', '--wait']);
    const now = await showUnit(this.#unit);
    if (now.active !== 'active' || !isUp()) return;
    this.#restarts = now.restarts;
    this.#watch(now);
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

  #watch(state: UnitState): void {
    this.#unwatch();
    this.#pid = state.mainPid;
    this.#group = state.mainPid === 0 && hasProcesses(state.group) ? state.group : undefined;
    // It may have ended already while it was started.
    let looks = state.restarts > 0 || isRestarting(state) ? askEvery - 1 : 0;
    this.#timer = setInterval(() => {
      looks += 1;
      const gone = this.#pid > 0 ? !existsSync(`/proc/${this.#pid}`) : this.#isEmpty({ mainPid: 0 });
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
    const noticedAt = Date.now();
    const hadMain = this.#pid > 0;
    try {
      const state = await showUnit(this.#unit);
      if (!this.#timer || state.active === 'deactivating') return;
      const restarts = state.restarts + (isRestarting(state) ? 1 : 0);
      const restarted = isUp(state) && restarts > this.#restarts;
      const empty = this.#isEmpty(state);
      this.#pid = state.mainPid;
      this.#restarts = Math.max(restarts, this.#restarts);
      if (isUp(state) && !restarted && !empty) return;
      if (!restarted) this.#unwatch();
      const end = await endOf(state, noticedAt, hadMain);
      this.#listener({ ...end, ...(restarted ? { restarted } : {}) });
    } catch {
      // systemd is busy or going down; it is asked again.
    } finally {
      this.#looking = false;
    }
  }
}
