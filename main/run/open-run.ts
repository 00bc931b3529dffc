import { InterruptedError, TimeLimitError } from '../../common/errors.ts';
import { eventsVersion, type RunEventBody } from '../../common/events.ts';
import { noRoom } from '../../common/no-room.ts';
import { present } from '../../common/present.ts';
import { isDiskFull } from '../../common/system-errors.ts';
import { printableData } from '../../common/text/printable.ts';
import { limited } from '../../common/time-limit.ts';
import { version } from '../../common/version.ts';
import { type NodeFacts, nodeFacts } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Machine } from '../providers/provider.ts';
import { Recorder } from '../record/recorder.ts';
import type { RunResult } from '../record/run-result.ts';
import type { ReportPart } from '../report/report-part.ts';
import { reportersSoon } from '../report/reporters-soon.ts';
import { maskingDone, noteMaskingDue } from '../secrets/masking-due.ts';
import { Secrets } from '../secrets/secrets.ts';
import type { RunName } from '../store/cluster-origins.ts';
import { createRun } from '../store/create-run.ts';
import { FileLedger } from '../store/file-ledger.ts';
import type { FileRunStore } from '../store/file-run-store.ts';
import { pruneCompiled } from '../store/prune-compiled.ts';
import { pruneRuns } from '../store/prune-runs.ts';
import { giveUpReserve, takeReserve } from '../store/reserve.ts';
import { removeScratch } from '../store/scratch.ts';
import { maskRun } from './mask-run.ts';
import type { RunOptions, RunWorld } from './run-options.ts';
import { Scope } from './scope.ts';

/**
 * A run from the making of its directory to its last report: its record, its ledger, its clocks, and what it
 * has acquired. `end` is to be called, whatever happened.
 */
export class OpenRun {
  readonly store: FileRunStore;
  readonly recorder: Recorder;
  readonly ledger: FileLedger;
  /** For the work: its signal ends with a failure, the run's time limit, or an interrupt. */
  readonly work: RunContext;
  /** For bringing the evidence home: goes on after all of these, but not after a second interrupt. */
  readonly evidence: RunContext;
  /** What is acquired in it is released when the run ends. */
  readonly scope: Scope;
  readonly #secrets: Secrets;
  readonly #options: RunOptions;
  readonly #world: RunWorld;
  readonly #late: AbortSignal;
  readonly #failed = new AbortController();
  readonly #reporters = reportersSoon();
  #nodes: readonly NodeFacts[] = [];
  #kept: string | undefined;
  #full = false;
  #part: ReportPart | undefined;
  #reporting: Promise<unknown> = Promise.resolve();

  private constructor(store: FileRunStore, options: RunOptions, world: RunWorld) {
    const { clock, cacheDir, signal, hurry } = world;
    this.#options = options;
    this.#secrets = options.secrets ?? new Secrets();
    this.#world = world;
    this.#late = limited(options.limit);
    this.store = store;
    this.ledger = new FileLedger(store.directory);
    this.recorder = new Recorder(this.emit, clock);
    this.scope = new Scope((error) => this.recorder.fail(error));
    const log = (message: string, node?: number) => store.log(message, node);
    const shared = { emit: this.emit, log, clock, cacheDir, ledger: this.ledger };
    this.work = { ...shared, signal: AbortSignal.any([signal, this.#late, this.#failed.signal]) };
    this.evidence = { ...shared, signal: hurry };
  }

  /** Makes the run's directory and starts its clock. Throws ShakedownError when there is no room for it. */
  static async begin(options: RunOptions, world: RunWorld): Promise<OpenRun> {
    const store = await createRun(world.directory, {
      clock: world.clock,
      mask: (text) => options.secrets?.mask(text) ?? text,
    });
    await takeReserve(store.directory);
    if (options.secrets) await noteMaskingDue(store.directory, options.secrets, options.directory);
    const open = new OpenRun(store, options, world);
    const { id: run, directory } = store;
    open.emit({ type: 'run-started', eventsVersion, run, scenario: options.name, directory });
    return open;
  }

  get name(): RunName {
    return { folder: this.#world.directory, run: this.store.id };
  }

  readonly emit = (body: RunEventBody): void => {
    // Names, notes and outputs of nodes are in it, and it goes to files and terminals.
    const event = { ...printableData(this.#secrets.maskData(body)), at: this.#world.clock() };
    this.store.appendEvent(event);
    this.#world.face.handle(event);
  };

  /** Does it, and takes down what it throws. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Takes a failure of the work down. Gives what counts: where the work was ended from outside, why that was.
   */
  fail(error: unknown): unknown {
    const cause = this.#endedBecause() ?? error;
    this.recorder.fail(cause, this.work.signal.aborted);
    return cause;
  }

  /** Takes a failure down, and ends all that is under way in `work`. */
  breakOff(error: unknown): void {
    this.recorder.fail(error, this.work.signal.aborted);
    this.#failed.abort();
  }

  /** The main host's disk is full: told once, whatever is missing for it. */
  readonly noRoom = (): void => {
    if (this.#full) return;
    this.#full = true;
    const { directory } = this.store;
    this.recorder.fail(noRoom(directory, { so: 'not all that the run leaves is there' }));
  };

  #endedBecause(): Error | undefined {
    if (this.#world.signal.aborted) return new InterruptedError();
    if (!this.#late.aborted || this.#failed.signal.aborted) return undefined;
    return new TimeLimitError('the run', this.#options.limit);
  }

  /** Tells that these machines are there, too. */
  tellNodes(machines: readonly Machine[]): void {
    this.#nodes = [...this.#nodes, ...machines.map(nodeFacts)].sort((a, b) => a.id - b.id);
    this.emit({ type: 'nodes-known', nodes: this.#nodes });
  }

  /** The cluster stays when the run is over. */
  tellKept(cluster: string): void {
    this.#kept = cluster;
  }

  /** The page for browsers is to have this part, too. */
  tellPart(part: ReportPart): void {
    this.#part = part;
  }

  /** Writes the reports of what there is by now. */
  async report(exitCode?: number): Promise<RunResult> {
    const { id, directory } = this.store;
    const { name: scenario, directory: folder, provider } = this.#options;
    const result = this.#secrets.maskData(
      this.recorder.result({
        ...{ id, scenario, directory: folder, provider, nodes: this.#nodes, kept: this.#kept },
        versions: { shakedown: version(), node: process.version },
        ...present({ exitCode }),
      }),
    );
    const before = this.#full;
    let missing = false;
    const failed = (name: string, error: unknown) => {
      this.store.log(`report ${name}: ${error}`);
      missing ||= isDiskFull(error);
    };
    const { writeEachReport } = await this.#reporters();
    await writeEachReport(result, directory, failed, this.#part);
    if (missing) this.noRoom();
    const room = missing && (await giveUpReserve(directory));
    return room || this.#full !== before ? this.report(exitCode) : result;
  }

  /** Begins to write the reports of what there is by now; the last ones wait for them. */
  reportMeanwhile(): void {
    this.#reporting = this.report().catch((error) => this.recorder.fail(error));
  }

  /**
   * Releases what was acquired, writes the last reports, and deletes runs and compiled modules that
   * are too old. Throws only the mistake of the user that ended the run, when all is done. `given`:
   * another one than what follows from the verdict.
   */
  async end(given?: number): Promise<RunResult> {
    await this.scope.release();
    await this.#reporting;
    await removeScratch(this.store.directory).catch((error) => this.store.log(String(error)));
    this.store.flush();
    await maskRun(this.store.directory, this.#secrets, this.emit);
    await maskingDone(this.store.directory);
    if (this.store.full) this.noRoom();
    const result = await this.report(given);
    const { verdict, durationMs, exitCode } = result;
    this.emit({ type: 'run-ended', verdict, durationMs, exitCode });
    this.store.flush();
    const { directory, cacheDir, clock } = this.#world;
    const runs = pruneRuns(directory, { ...this.#options.retention, clock });
    await Promise.allSettled([runs, pruneCompiled(cacheDir, clock)]);
    if (this.recorder.usage) throw this.recorder.usage;
    return result;
  }
}
