import type { Writable } from 'node:stream';
import { type ConsolaInstance, createConsola, type LogObject } from 'consola/core';
import { describeFailure } from '../../common/errors.ts';
import type { RunEvent } from '../../common/events.ts';
import type { Verdict } from '../../common/results.ts';
import { describeSpan, machineActSpan, type Span } from '../../common/span.ts';
import { spoken } from './voice.ts';
import { duration, interrupted } from './words.ts';

/** One stamped line per thing that happens: for CI's logs and for files. */
export class PlainFace {
  readonly #voice: ConsolaInstance;
  readonly #signal: AbortSignal;
  #knowsCause = false;

  constructor(out: Writable, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    const log = ({ date, tag, args }: LogObject) => {
      const stamp = date.toISOString().slice(11, 23);
      // What goes on in further lines is indented, so that it is not taken for something else.
      const text = args.join(' ').replaceAll('\n', `\n${stamp}         `);
      out.write(`${stamp} ${tag === '' ? '       ' : `${tag} `} ${text}\n`);
    };
    this.#voice = createConsola({ ...spoken(env), reporters: [{ log }] });
    this.#signal = signal;
    signal.addEventListener('abort', this.#onInterrupt, { once: true });
  }

  handle(event: RunEvent): void {
    const said = event.type === 'failure' ? [this.#failure(event)] : describe(event);
    for (const { level, node, text } of said) {
      const tag = node === undefined ? '' : `node ${node}`;
      this.#voice[level]({ date: new Date(event.at), tag, args: [text] });
    }
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onInterrupt);
  }

  /** The first cause is told as that at once, and again where an earlier one comes to be known. */
  #failure({ failure, first }: Extract<RunEvent, { type: 'failure' }>): Said {
    const cause = this.#knowsCause ? 'first cause, before the one above: ' : 'first cause: ';
    this.#knowsCause ||= first;
    return { level: 'error', text: `${first ? cause : ''}${describeFailure(failure)}` };
  }

  readonly #onInterrupt = (): void => {
    this.#voice.warn({ args: [interrupted] });
  };
}

/** One thing that is told, maybe in several lines. */
interface Said {
  readonly level: 'info' | 'success' | 'error';
  readonly node?: number | undefined;
  readonly text: string;
}

const levels = { pass: 'success', skip: 'info', fail: 'error', error: 'error' } as const satisfies Record<
  Verdict,
  Said['level']
>;

const ofSpan = (span: Span): Said => ({
  level: levels[span.verdict],
  node: span.node,
  text: `${describeSpan(span)} (${duration(span.durationMs)})`,
});

function describe(event: RunEvent): readonly Said[] {
  switch (event.type) {
    case 'run-started':
      return [{ level: 'info', text: `run ${event.run} of ${event.scenario}` }];
    case 'nodes-known':
      return event.nodes.map(({ id, name, address }) => ({
        level: 'info',
        node: id,
        text: `is ${name} at ${address}`,
      }));
    case 'phase-ended': {
      const { node, phase, verdict, durationMs } = event.timing;
      return [{ level: levels[verdict], node, text: `${phase} ${verdict} (${duration(durationMs)})` }];
    }
    case 'note':
      return [{ level: 'info', node: event.node, text: event.message }];
    case 'machine-act':
      return [ofSpan(machineActSpan(event.done))];
    case 'span-ended':
      return [ofSpan(event.span)];
    case 'check-ended': {
      const { verdict, name, durationMs, message } = event.check;
      const why = message ? `: ${message}` : '';
      return [{ level: levels[verdict], text: `check ${verdict}: ${name} (${duration(durationMs)})${why}` }];
    }
    default:
      return [];
  }
}
