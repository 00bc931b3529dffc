import type { Writable } from 'node:stream';
import { describeFailure } from '../../common/errors.ts';
import type { RunEvent } from '../../common/events.ts';
import { describeSpan, machineActSpan, type Span } from '../../common/span.ts';
import { duration } from './words.ts';

/** One stamped line per thing that happens: for CI's logs and for files. */
export class PlainFace {
  readonly #out: Writable;

  constructor(out: Writable) {
    this.#out = out;
  }

  handle(event: RunEvent): void {
    const stamp = new Date(event.at).toISOString().slice(11, 23);
    for (const text of describe(event)) {
      // What goes on in further lines is indented, so that it is not taken for something else.
      this.#out.write(`${stamp} ${text.replaceAll('\n', `\n${stamp}         `)}\n`);
    }
  }

  close(): void {}
}

const where = (node: number | undefined): string => (node === undefined ? '       ' : `node ${node} `);

const spanLine = (span: Span): string =>
  `${where(span.node)} ${describeSpan(span)} (${duration(span.durationMs)})`;

/** What is told of an event: one text for each thing, maybe of several lines. */
function describe(event: RunEvent): readonly string[] {
  switch (event.type) {
    case 'run-started':
      return [`${where(undefined)} run ${event.run} of ${event.scenario}`];
    case 'nodes-known':
      return event.nodes.map((node) => `${where(node.id)} is ${node.name} at ${node.address}`);
    case 'phase-ended':
      return [
        `${where(event.timing.node)} ${event.timing.phase} ${event.timing.verdict} (${duration(event.timing.durationMs)})`,
      ];
    case 'note':
      return [`${where(event.node)} ${event.message}`];
    case 'machine-act':
      return [spanLine(machineActSpan(event.done))];
    case 'span-ended':
      return [spanLine(event.span)];
    case 'check-ended': {
      const { verdict, name, durationMs, message } = event.check;
      return [
        `${where(undefined)} check ${verdict}: ${name} (${duration(durationMs)})${message ? `: ${message}` : ''}`,
      ];
    }
    case 'failure':
      return [`${where(undefined)} ${event.first ? 'first cause: ' : ''}${describeFailure(event.failure)}`];
    default:
      return [];
  }
}
