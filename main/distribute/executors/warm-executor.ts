import type { Batch, Want } from '../hand-out/batch.ts';
import { wrongWith } from '../results/judge.ts';
import type { WarmCommand } from '../suite/warm-command.ts';
import { ColdExecutor } from './cold-executor.ts';
import type { Executor, Halt } from './executor.ts';
import type { ProcessEnd } from './start-process.ts';
import { WarmFile } from './warm-file.ts';
import { WarmRun } from './warm-run.ts';
import type { Place } from './work.ts';

/**
 * ms of tests that wait in a process's pipe, so that it has work while its runner asks for more: a busy main
 * host may take a while. Towards the end they are fewer, for others may be idle then.
 */
const lookahead = { most: 100, least: 10 } as const;

/** Nodes of which it has been said that nothing can be kept loaded there. */
const told = new WeakSet<Place['seat']>();

/**
 * Runs a runner's files in one process that keeps their framework loaded. A process that ends with a file
 * takes only that with it: what it had not begun goes back, and another process takes its place. What is to
 * be run alone has a process of its own, as all files have where the framework cannot be kept loaded.
 */
export class WarmExecutor implements Executor {
  readonly #command: WarmCommand;
  readonly #place: Place;
  readonly #halted: (halt: Halt) => void;
  readonly #cold: ColdExecutor;
  #run: { readonly run: WarmRun; readonly ended: Promise<void> } | undefined;
  #runs = 0;
  #changed = Promise.withResolvers<void>();
  #state: 'warm' | 'cold' | 'halted' = 'warm';

  constructor(command: WarmCommand, place: Place, halted: (halt: Halt) => void) {
    this.#command = command;
    this.#place = place;
    this.#halted = halted;
    this.#cold = new ColdExecutor(place, (halt) => this.#halt(halt));
  }

  get wants(): Want {
    return this.#state === 'cold' ? 'process' : { aheadMs: this.#aheadMs };
  }

  get #aheadMs(): number {
    const { suite, distribution } = this.#place.work;
    if (distribution.failFast || distribution.cold) return 0;
    return Math.max(lookahead.least, Math.min(lookahead.most, (suite.queue.waitingMs ?? 0) / 10));
  }

  async give(batch: Batch): Promise<void> {
    const { seat, runner, work } = this.#place;
    const alone = batch.alone || work.distribution.cold;
    if (alone || this.#state === 'cold') await this.idle();
    const single = batch.alone && batch.files.length === 1 && this.#command.reportsCold;
    // A process in which nothing ran before; where that is to tell of its tests, or to run
    // several as before, it is one of this kind.
    if (alone && !single) await this.close();
    if ((single && this.#state === 'warm') || this.#state === 'cold') return await this.#cold.give(batch);
    if (this.#state === 'halted') return work.suite.queue.giveBack(runner.id, batch.files);
    this.#run ??= this.#start();
    const { run } = this.#run;
    const names = batch.files.map((path, index) => [path, `${padded(batch.id)}.${index}-${path}`] as const);
    run.give(names.map(([path, name]) => new WarmFile(path, name, { seat, runner, work })));
    const { cancelled } = batch;
    cancelled.addEventListener('abort', () => run.cancel(batch.files), { once: true });
    const ahead = alone ? 0 : this.#aheadMs;
    await this.#until(() => run.idle || (ahead > 0 && run.leftMs <= ahead), run);
  }

  async idle(): Promise<void> {
    const run = this.#run?.run;
    if (run) await this.#until(() => run.idle, run);
    this.#place.work.suite.telling.ended(this.#place.runner.id);
  }

  async close(): Promise<void> {
    this.#run?.run.close();
    await this.#run?.ended;
  }

  #start(): { readonly run: WarmRun; readonly ended: Promise<void> } {
    const run = new WarmRun(this.#command, this.#runs++, this.#place, () => this.#change());
    const ended = run.ended().then((end) => {
      this.#run = undefined;
      this.#runEnded(run, end);
      this.#change();
    });
    return { run, ended };
  }

  #runEnded(run: WarmRun, { how, left }: ProcessEnd): void {
    const { seat, runner, work } = this.#place;
    if (how.kind === 'lost' || how.kind === 'stopped') this.#halt(how);
    else if (!run.ready) this.#cool(run.lastWords ?? wrongWith(how));
    if (run.late !== undefined) work.suite.lateFailure(runner.id, run.late);
    if (left.length === 0) return;
    const commands = left.map(({ command }) => command).join(', ');
    work.note(seat.id, `runner ${runner.id} left running, which was ended: ${commands}`);
  }

  /** The framework cannot be kept loaded here. */
  #cool(why: string | undefined): void {
    const { seat, work } = this.#place;
    this.#state = 'cold';
    if (told.has(seat)) return;
    told.add(seat);
    const message = `${this.#command.framework} is not kept loaded here, so each process of tests loads it anew`;
    work.note(seat.id, [message, why].filter(Boolean).join(': '));
  }

  #halt(halt: Halt): void {
    if (this.#state === 'halted') return;
    this.#state = 'halted';
    this.#halted(halt);
  }

  #change(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  /** Resolves when that holds, or this is not the process any more that takes files. */
  async #until(holds: () => boolean, run: WarmRun): Promise<void> {
    while (this.#run?.run === run && !holds()) {
      // A file that is expected to end soon leaves room before it does.
      const soon = run.leftMs - this.#aheadMs;
      const timer = soon > 0 && soon < patience ? setTimeout(() => this.#change(), soon) : undefined;
      await this.#changed.promise;
      clearTimeout(timer);
    }
  }
}

/** ms: Node's timers take no more than this, and nobody waits so long. */
const patience = 2 ** 31 - 1;

const padded = (id: number): string => String(id).padStart(5, '0');
