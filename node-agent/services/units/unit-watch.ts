import { existsSync } from 'node:fs';
import type { ServiceEnd } from '../service.ts';
import { endOf } from './unit-end.ts';
import { hasProcesses } from './unit-processes.ts';
import { isRestarting, isUp, showUnit, type UnitState } from './unit-state.ts';

/** How often the main process is looked for, in ms; that costs no process. */
const watchEvery = 100;
/** Every so many looks systemd itself is asked, for units without a main process. */
const askEvery = 30;

/** Watches a unit that is up for its end, and for each time that systemd starts it again. */
export class UnitWatch {
  readonly #unit: string;
  readonly #tell: (end: ServiceEnd) => void;
  #restarts = 0;
  #pid = 0;
  /** Its control group, where it had processes when it was started but no main one: then they are it. */
  #group: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(unit: string, tell: (end: ServiceEnd) => void) {
    this.#unit = unit;
    this.#tell = tell;
  }

  /** It is up by systemd's word, as an init script may be for good, and its processes are gone. */
  isEmpty({ mainPid }: Pick<UnitState, 'mainPid'>): boolean {
    return mainPid === 0 && this.#group !== undefined && hasProcesses(this.#group) === false;
  }

  /** Restarts above this many, as systemd counts them, are news. */
  countFrom(restarts: number): void {
    this.#restarts = restarts;
  }

  /** Watches from now on, in place of what was watched; `state` is what the unit is now. */
  begin(state: UnitState): void {
    this.stop();
    this.#pid = state.mainPid;
    this.#group = state.mainPid === 0 && hasProcesses(state.group) ? state.group : undefined;
    // It may have ended already while it was started.
    let looks = state.restarts > 0 || isRestarting(state) ? askEvery - 1 : 0;
    this.#timer = setInterval(() => {
      looks += 1;
      const gone = this.#pid > 0 ? !existsSync(`/proc/${this.#pid}`) : this.isEmpty({ mainPid: 0 });
      if (gone || looks % askEvery === 0) void this.#ask();
    }, watchEvery);
    this.#timer.unref();
  }

  /** Idempotent. */
  stop(): void {
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
      const empty = this.isEmpty(state);
      this.#pid = state.mainPid;
      this.#restarts = Math.max(restarts, this.#restarts);
      if (isUp(state) && !restarted && !empty) return;
      if (!restarted) this.stop();
      const end = await endOf(state, noticedAt, hadMain);
      this.#tell({ ...end, ...(restarted ? { restarted } : {}) });
    } catch {
      // systemd is busy or going down; it is asked again.
    } finally {
      this.#looking = false;
    }
  }
}
