import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceStatus } from '../../common/service-status.ts';
import type { AgentState } from '../agent-state.ts';
import type { MarkedProcesses } from '../proc/marked-processes.ts';
import { becomeReady } from './become-ready.ts';
import { CommandService } from './command-service.ts';
import { type Entry, settled } from './entry.ts';
import { statusOf, untilGone } from './entry-status.ts';
import { noteEnd, type ServicesListener } from './note-end.ts';
import type { Service } from './service.ts';
import { unknownService } from './service-failures.ts';
import { ServiceLeaders } from './service-leaders.ts';
import { parseSignal } from './signals.ts';
import type { UnitRecord } from './units/unit-record.ts';
import { UnitService } from './units/unit-service.ts';

/** The services of one node, by name. A service that ends unasked is told once. */
export class Services {
  readonly #entries = new Map<string, Entry>();
  readonly #state: AgentState;
  readonly #marked: MarkedProcesses;
  readonly #units: UnitRecord;
  readonly #leaders: ServiceLeaders;
  readonly #tell: ServicesListener;

  constructor(state: AgentState, marked: MarkedProcesses, units: UnitRecord, tell: ServicesListener) {
    this.#state = state;
    this.#marked = marked;
    this.#units = units;
    this.#leaders = new ServiceLeaders(state);
    this.#tell = tell;
  }

  /**
   * Starts a service and waits until it is ready. One that is ready already is left alone.
   * Throws ShakedownError, verdict `fail`, when it ends or is not ready in time; it is
   * then left as it is, for the evidence.
   */
  async start(spec: ServiceSpec, workingDir: string, signal: AbortSignal): Promise<void> {
    const known = this.#entries.get(spec.name);
    if (known?.busy) {
      throw new ShakedownError({ message: `service '${spec.name}' is being started already` });
    }
    const now = known?.state === 'ready' ? await known.service.look() : undefined;
    if (known && now?.running && !now.restarting) {
      // systemd may have started it again a moment ago.
      if (spec.ready && !('log' in spec.ready)) await becomeReady(known, workingDir, signal, async () => {});
      return;
    }
    const left = known?.resumed === true;
    if (known && !left) await this.stop(spec.name);
    const entry = this.#enter(spec, workingDir, left ? 'leave' : 'restart');
    try {
      await becomeReady(entry, workingDir, signal, (within) => entry.service.start(within));
    } catch (error) {
      const { running } = await entry.service.look().catch(() => ({ running: false }));
      if (entry.end || !running) entry.state = 'died';
      throw error;
    } finally {
      entry.busy = false;
    }
    entry.state = 'ready';
  }

  /**
   * Makes services known that another agent started, before the node restarted or for a
   * run that kept it; starts none. Those that run are gone on with when they are started;
   * units are watched once the boot is over.
   */
  resume(specs: readonly ServiceSpec[], workingDir: string): void {
    for (const spec of specs) {
      if (this.#entries.has(spec.name)) continue;
      const service = this.#make(spec, workingDir, 'leave');
      const entry: Entry = { ...settled, spec, service, resumed: true, state: 'stopped' };
      service.onEnd((end) => void noteEnd(entry, end, this.#tell));
      this.#entries.set(spec.name, entry);
      service.watchOnceBooted(() => this.#isUp(entry)).catch(() => {});
    }
  }

  /** A service that the boot has started is as one that was asked for, unless that was done meanwhile. */
  #isUp(entry: Entry): boolean {
    if (this.#entries.get(entry.spec.name) !== entry || entry.expected) return false;
    entry.resumed = false;
    entry.state = 'ready';
    return true;
  }

  /** Idempotent; a service that was never started counts as stopped. */
  async stop(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) return;
    entry.expected = true;
    await entry.service.stop(entry.spec.stopWithin);
    entry.state = 'stopped';
    // Whoever waits for it to be ready waits in vain.
    entry.onEnd?.();
  }

  /**
   * `signal` with or without SIG. A unit that systemd would start again stays down until it is started,
   * unless `restart`. Throws ShakedownError for an unknown service or signal.
   */
  async kill(name: string, signal: string, restart = false): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw unknownService(name, [...this.#entries.keys()]);
    const parsed = parseSignal(signal);
    // Whoever pauses a service does not expect it to end.
    if (parsed !== 'SIGSTOP' && parsed !== 'SIGCONT') entry.expected = true;
    const { pid } = await entry.service.look();
    await entry.service.kill(parsed, restart);
    if (parsed === 'SIGKILL') await untilGone(entry, pid);
  }

  /** What it is now; `brief`: by what is known, without a look. One that was never started is stopped. */
  async status(name: string, brief = false): Promise<ServiceStatus> {
    const entry = this.#entries.get(name);
    if (!entry || brief) return { name, state: entry?.state ?? 'stopped', lastLines: [] };
    return statusOf(entry);
  }

  async statuses(): Promise<ServiceStatus[]> {
    return Promise.all([...this.#entries.values()].map((entry) => statusOf(entry)));
  }

  /** All that are not stopped already, the one that was started last first. */
  async stopAll(): Promise<void> {
    for (const [name, { expected, state }] of [...this.#entries].reverse())
      if (!expected || state !== 'stopped') await this.stop(name).catch(() => {});
  }

  /** Stops all and knows none any more: a new run begins. */
  async forgetAll(): Promise<void> {
    await this.stopAll();
    this.#entries.clear();
  }

  #enter(spec: ServiceSpec, workingDir: string, ifUp: 'restart' | 'leave'): Entry {
    const service = this.#make(spec, workingDir, ifUp);
    const entry: Entry = { ...settled, spec, service, state: 'starting', busy: true };
    service.onEnd((end) => void noteEnd(entry, end, this.#tell));
    // Started last is stopped first.
    this.#entries.delete(spec.name);
    this.#entries.set(spec.name, entry);
    return entry;
  }

  #make(spec: ServiceSpec, workingDir: string, ifUp: 'restart' | 'leave'): Service {
    if (spec.unit !== undefined) return new UnitService(spec.name, spec.unit, this.#units, ifUp);
    const logFile = this.#state.logFile(spec.name);
    return new CommandService(
      spec,
      { workingDir, logFile, marked: this.#marked, leaders: this.#leaders },
      ifUp,
    );
  }
}
