import type { WarmCommand } from '../suite/warm-command.ts';
import { LoggedOutput } from './logged-output.ts';
import type { ProcessEnd } from './start-process.ts';
import { TimeLimits, timeLimitOf } from './time-limits.ts';
import type { WarmFile } from './warm-file.ts';
import type { WarmMessage } from './warm-message.ts';
import { type WarmListener, WarmProcess } from './warm-process.ts';
import type { Place } from './work.ts';

/** Seconds for a framework to be loaded, and for what it tears down at the end. */
const loadWithin = 300;
const closeWithin = 60;

/** A warm process from its start to its end, and the files that it was given. */
export class WarmRun implements WarmListener {
  readonly #command: WarmCommand;
  readonly #place: Place;
  readonly #number: number;
  readonly #changed: () => void;
  readonly #process: WarmProcess;
  /** What is said before the first file and after the last. */
  readonly #around: LoggedOutput;
  /** In their order; nothing is kept of one that has come to something. */
  readonly #files: (WarmFile | undefined)[] = [];
  readonly #settling = new Set<Promise<void>>();
  readonly #limits = new TimeLimits((why) => this.#process.stop(why));
  #begun = 0;
  #marks = 0;
  #current: WarmFile | undefined;
  #ready = false;
  #late: string | undefined;

  /** `changed`: called when it has less to do. */
  constructor(command: WarmCommand, number: number, place: Place, changed: () => void) {
    const { seat, runner, work } = place;
    this.#command = command;
    this.#place = place;
    this.#number = number;
    this.#changed = changed;
    this.#around = new LoggedOutput(`runner-${runner.id}-${number}`, command.framework, place);
    const { argv, env } = command.process(
      seat.loader,
      work.distribution.files.map(({ path }) => path),
    );
    const start = {
      argv,
      cwd: seat.project,
      env: { ...runner.env, ...env },
      signal: work.signal,
      memory: work.distribution.limits.memory,
    };
    this.#process = new WarmProcess(seat.agent, start, this);
    this.#limits.set('late', loadWithin);
  }

  /** Whether it got as far as to run files. */
  get ready(): boolean {
    return this.#ready;
  }

  give(files: readonly WarmFile[]): void {
    this.#files.push(...files);
    const [first] = files;
    // A part of a file comes by itself.
    if (first?.part) this.#process.run([first.part.file], first.part.leftOut);
    else this.#process.run(files.map(({ path }) => path));
  }

  /** ms for which it has to do still; infinite where that is not known. */
  get leftMs(): number {
    const { queue } = this.#place.work.suite;
    const expected = ({ path }: WarmFile) => queue.files.expectedMs(path) ?? Number.POSITIVE_INFINITY;
    let left = this.#current ? Math.max(0, expected(this.#current) - this.#current.sinceBegin) : 0;
    // Asked for each file that ends, so nothing is copied for it.
    for (let index = this.#begun; index < this.#files.length; index += 1) {
      const file = this.#files[index];
      if (file) left += expected(file);
    }
    return left;
  }

  /** Whether nothing that it was given is open. */
  get idle(): boolean {
    return this.#begun === this.#files.length && !this.#current && this.#settling.size === 0;
  }

  /** Resolves when it has ended, and what it had is settled or given back. */
  async ended(): Promise<ProcessEnd> {
    const end = await this.#process.ended;
    this.#limits.clear();
    for (const file of this.#files.slice(Math.max(0, this.#marks - 1))) file?.output.end();
    this.#around.end();
    await Promise.all(this.#settling);
    await this.#current?.processEnded(end.how, this.#files.length === 1 && !this.#command.reportsCold);
    this.#current = undefined;
    const left = this.#files.splice(this.#begun).flatMap((file) => file?.path ?? []);
    this.#place.work.suite.queue.giveBack(this.#place.runner.id, left);
    await this.#around.whole;
    return end;
  }

  /**
   * The last line that it said beside its files: of an error where one tells of it, for
   * stdout's last line may come after stderr's.
   */
  get lastWords(): string | undefined {
    const lines = this.#around.kept.lines(20);
    return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  }

  /** What could not be torn down at its end, if anything. */
  get late(): string | undefined {
    return this.#late;
  }

  /** Another runner was done with these before: the one that it runs ends with its process. */
  cancel(paths: readonly string[]): void {
    if (this.#current && paths.includes(this.#current.path)) this.#process.stop({ kind: 'cancelled' });
  }

  /** It has run its last file: what was set up for all is torn down. */
  close(): void {
    this.#limits.set('late', closeWithin);
    this.#process.finish();
  }

  said(message: WarmMessage): void {
    this.#limits.heard();
    if ('ready' in message) {
      this.#ready = true;
      this.#limits.clear();
    } else if ('begin' in message) this.#begin(message.begin);
    else if ('test' in message) this.#current?.add(message.test);
    else if ('end' in message) this.#end(message.end);
    else this.#late = message.late.message;
  }

  async output(chunk: Buffer): Promise<void> {
    this.#limits.heard();
    const part = this.#files[this.#marks - 1]?.output ?? this.#around;
    await part.write(chunk);
  }

  marked(): void {
    this.#files[this.#marks - 1]?.output.end();
    this.#marks += 1;
  }

  #begin(path: string): void {
    const file = this.#files[this.#begun];
    if (!file || (file.part?.file ?? file.path) !== path || this.#current)
      throw new Error(`${path} was not to be begun`);
    this.#begun += 1;
    this.#current = file;
    file.begin(this.#number);
    const { work } = this.#place;
    this.#limits.set('late', timeLimitOf([file.path], work));
    this.#limits.set('silent', work.distribution.limits.silence);
  }

  #end({ ms, message, apart }: Extract<WarmMessage, { end: unknown }>['end']): void {
    const file = this.#current;
    if (!file) throw new Error('nothing was begun');
    this.#limits.clear();
    this.#current = undefined;
    const settling = apart === undefined ? file.settle(ms, message) : file.runApart(ms);
    const index = this.#begun - 1;
    this.#settling.add(settling);
    void settling.then(() => {
      this.#files[index] = undefined;
      this.#settling.delete(settling);
      this.#changed();
    });
    this.#changed();
  }
}
