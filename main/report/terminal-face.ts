import type { Writable } from 'node:stream';
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import { describeFailure } from '../../common/errors.ts';
import type { EventNode, RunEvent } from '../../common/events.ts';
import { actInWords } from '../../common/machine-acts.ts';
import { present } from '../../common/present.ts';
import type { CheckResult, PhaseName } from '../../common/results.ts';
import { fold } from '../../common/text/fold.ts';
import { duration, interrupted, type Paint, painter, sign, widthOf } from './words.ts';

/** What one node's line shows. */
interface NodeLine {
  readonly node: EventNode;
  readonly done: { readonly phase: PhaseName; readonly ms: number; readonly bad: boolean }[];
  now: PhaseName | undefined;
  note: string;
}

/** The parts of its line. */
interface NodeParts {
  readonly name: string;
  readonly phases: readonly string[];
}

const inOneLine = ({ name, phases }: NodeParts): string => name + phases.join('  ');

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A picture that is redrawn in place: a line per node that moves through the phases, then the checks. */
export class TerminalFace {
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #out: Writable & { columns?: number; rows?: number };
  readonly #paint: Paint;
  readonly #signal: AbortSignal;
  readonly #nodes = new Map<number, NodeLine>();
  readonly #checks: CheckResult[] = [];
  readonly #timer: NodeJS.Timeout;
  /** The check that runs, and the phase that the whole cluster is in, with what was last said of it. */
  #running: string | undefined;
  #phase: PhaseName | undefined;
  #note = '';
  #cause = '';
  #title = '';
  #frame = 0;
  #closed = false;

  constructor(
    out: Writable & { isTTY?: boolean; columns?: number; rows?: number },
    env: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ) {
    this.#signal = signal;
    this.#out = out;
    this.#paint = painter(out, env);
    this.#draw = createLogUpdate(out as NodeJS.WriteStream);
    this.#timer = setInterval(() => this.#redraw(), 100);
    this.#timer.unref();
  }

  handle(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.#title = `${event.scenario}  ${this.#paint('gray', event.run)}`;
        break;
      case 'nodes-known':
        for (const node of event.nodes)
          this.#nodes.set(node.id, { node, done: [], now: undefined, note: '' });
        break;
      case 'phase-started':
        this.#started(event.phase, event.node);
        break;
      case 'phase-ended': {
        const { phase, node, durationMs, verdict } = event.timing;
        const line = this.#nodes.get(node ?? -1);
        line?.done.push({ phase, ms: durationMs, bad: verdict !== 'pass' });
        if (line) [line.now, line.note] = [undefined, ''];
        else [this.#phase, this.#note] = [undefined, ''];
        break;
      }
      case 'note': {
        const line = this.#nodes.get(event.node ?? -1);
        if (line) line.note = event.message;
        else this.#note = event.message;
        break;
      }
      case 'machine-act': {
        const line = this.#nodes.get(event.done.node);
        if (line) line.note = actInWords(event.done);
        break;
      }
      case 'failure': {
        const { node, address, phase, message } = event.failure;
        if (event.first) this.#cause = describeFailure({ message, ...present({ node, address, phase }) });
        break;
      }
      case 'check-started':
        this.#running = event.name;
        break;
      case 'check-ended':
        this.#running = undefined;
        this.#checks.push(event.check);
        break;
    }
    if (event.type === 'run-ended') this.#redraw();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    // The checks go: the summary that follows lists them, the failed ones first.
    this.#draw.clear();
    this.#draw.done();
    if (this.#title === '') return;
    // Nothing is drawn over it any more, so what was cut off for one line may now have several.
    const width = widthOf(this.#out) - this.#nameWidth();
    const below = `\n${' '.repeat(this.#nameWidth())}`;
    const nodes = this.#nodeLines(({ name, phases }) => name + fold(phases, width, '  ').join(below));
    this.#out.write(`${[this.#paint('bold', this.#title), ...nodes].join('\n')}\n`);
  }

  #started(phase: PhaseName, node: number | undefined): void {
    const line = this.#nodes.get(node ?? -1);
    if (line) line.now = phase;
    else [this.#phase, this.#note] = [phase, ''];
  }

  #redraw(): void {
    this.#frame = (this.#frame + 1) % spinner.length;
    const width = widthOf(this.#out);
    const room = Math.max(3, (this.#out.rows ?? 24) - this.#nodes.size - 5);
    const checks = this.#checks.slice(-room).map((check) => this.#checkLine(check));
    const lines = [this.#paint('bold', this.#title), ...this.#nodeLines(inOneLine), ...checks];
    if (this.#cause !== '') lines.push(this.#paint('red', `first cause: ${this.#cause}`));
    const spin = this.#paint('cyan', spinner[this.#frame] ?? '');
    const now = this.#now();
    if (now !== '') lines.push(`${spin} ${now}`);
    const oneLine = (line: string) => cliTruncate(line.replaceAll('\n', ' '), width - 1);
    this.#draw(lines.map(oneLine).join('\n'));
  }

  /** What goes on: a check, what the whole cluster is in, or else what each node is in. */
  #now(): string {
    if (this.#closed) return '';
    if (this.#signal.aborted) return interrupted;
    if (this.#running !== undefined) return this.#running;
    const note = this.#note === '' ? '' : this.#paint('gray', this.#note);
    if (this.#phase !== undefined) return [this.#phase, note].filter(Boolean).join('  ');
    const names = new Map<PhaseName, string[]>();
    for (const { now, node } of this.#nodes.values())
      if (now) names.set(now, [...(names.get(now) ?? []), node.name]);
    const phases = [...names].map(
      ([phase, on]) => `${phase} on ${on.length > 3 ? `${on.length} nodes` : on.join(', ')}`,
    );
    return phases.join('; ') || note;
  }

  #nodeLines(written: (node: NodeParts) => string): string[] {
    const room = Math.max(4, (this.#out.rows ?? 24) - 8);
    const all = [...this.#nodes.values()];
    const shown = all.slice(0, room).map((line) => written(this.#nodeParts(line)));
    if (all.length > room) shown.push(this.#paint('gray', `… and ${all.length - room} more nodes`));
    return shown;
  }

  #nodeParts({ node, done, now, note }: NodeLine): NodeParts {
    const phases = done.map(({ phase, ms, bad }) =>
      bad ? this.#paint('red', `${phase} ✗`) : `${phase} ${this.#paint('gray', duration(ms))}`,
    );
    if (now && !this.#closed) phases.push(this.#paint('cyan', `${now} ${spinner[this.#frame]}`));
    if (note) phases.push(this.#paint('gray', note));
    return { name: this.#paint('bold', node.name.padEnd(this.#nameWidth())), phases };
  }

  #nameWidth(): number {
    return Math.max(8, ...[...this.#nodes.values()].map(({ node }) => node.name.length)) + 1;
  }

  #checkLine(check: CheckResult): string {
    const time = this.#paint('gray', duration(check.durationMs));
    return `${sign(check.verdict, this.#paint)} ${check.name}  ${time}`;
  }
}
