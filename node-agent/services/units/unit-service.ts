import { present } from '../../../common/present.ts';
import type { ServiceState } from '../../../common/service-status.ts';
import { unwound } from '../../../common/unwound.ts';
import { bootedAt, hasSystemd } from '../../node-facts.ts';
import { lastLinesOf } from '../../output-buffer.ts';
import { changeUnit } from '../../systemd/change-unit.ts';
import { type Done, systemctl } from '../../systemd/systemd.ts';
import { killUnit, reloadUnits, resetFailed } from '../../systemd/units.ts';
import type { LogWatch, Service, ServiceEnd, ServiceLook } from '../service.ts';
import { holdDown, letRestart } from './held-down.ts';
import { JournalWatch } from './journal-watch.ts';
import { endOf } from './unit-end.ts';
import { type NamedUnit, notStarted, refuseUnusable, unitFailure } from './unit-failures.ts';
import type { UnitRecord } from './unit-record.ts';
import { isRestarting, isUp, journalOf, journalSince, showUnit } from './unit-state.ts';
import { UnitWatch } from './unit-watch.ts';

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

/** A systemd unit. */
export class UnitService implements Service {
  /** For failures. */
  readonly #named: NamedUnit;
  readonly #unit: string;
  readonly #record: UnitRecord;
  readonly #ifUp: 'restart' | 'leave';
  readonly #watch: UnitWatch;
  #startedAt = 0;
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
    this.#watch = new UnitWatch(unit, (end) => this.#listener(end));
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
      await reloadUnits(signal);
      state = await showUnit(this.#unit, signal);
    }
    refuseUnusable(this.#named, state);
    // On disk first: whoever comes after us must know what to stop.
    this.#record.add(this.#unit, { wasUp: isUp(state) });
    this.#startedAt = Date.now();
    const leave = this.#ifUp === 'leave';
    // Earlier failures count against the unit's start limit.
    if (state.active === 'failed' || state.restarts > 0) await resetFailed(this.#unit, signal);
    const verb = isUp(state) && !leave ? 'restart' : 'start';
    const result = await this.#begin(verb, signal);
    if (result.exitCode !== 0) throw await notStarted(this.#named, verb, result, this.#startedAt);
    const now = await showUnit(this.#unit, signal);
    this.#watch.countFrom(0);
    if (isUp(now)) this.#watch.begin(now);
    // A oneshot has done its work; anything else should still be there.
    else if (now.type !== 'oneshot' || now.result !== 'success') this.#listener(await endOf(now, Date.now()));
  }

  /** What earlier runs in quick succession used up of its start limit (systemd.unit(5)) is given back. */
  async #begin(verb: 'start' | 'restart', signal: AbortSignal): Promise<Done> {
    const begin = () => changeUnit(verb, this.#unit, signal);
    const begun = await begin();
    if (begun.exitCode === 0) return begun;
    const { result, restarts } = await showUnit(this.#unit, signal);
    // One that systemd started again and again has failed by itself.
    if (result !== 'start-limit-hit' || restarts > 0) return begun;
    await resetFailed(this.#unit, signal);
    return begin();
  }

  async stop(within: number): Promise<void> {
    this.#watch.stop();
    const asked = changeUnit('stop', this.#unit);
    if (await unwound(asked, within)) return;
    await killUnit(this.#unit, 'SIGKILL');
    await unwound(asked, 10);
  }

  async kill(signal: NodeJS.Signals, restart: boolean): Promise<void> {
    const before = await showUnit(this.#unit);
    const comesBack = before.restart !== '' && before.restart !== 'no';
    if (!restart && comesBack && deadly.includes(signal)) await holdDown(before.id);
    const result = await killUnit(this.#unit, signal);
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
      running: isUp(state) && !this.#watch.isEmpty(state),
      restarting: isRestarting(state),
      ...present({ pid: state.mainPid > 0 ? state.mainPid : undefined }),
    };
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
    this.#watch.countFrom(now.restarts);
    this.#watch.begin(now);
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
}
