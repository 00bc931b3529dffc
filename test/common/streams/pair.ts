import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { Streams } from '../../../common/streams/streams.ts';

/** One end of a pair, with what it heard. */
export interface End {
  readonly streams: Streams;
  readonly messages: string[];
  /** What the connection ended with; empty while it lasts. */
  readonly ends: (Error | undefined)[];
  /** What it reads: to write nonsense to. */
  readonly input: PassThrough;
  readonly output: PassThrough;
}

/** Two ends over pipes in memory: `near` begins streams. */
export function pair(maxMessage = 1024 * 1024): { near: End; far: End } {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const near = end(back, there, true, maxMessage);
  const far = end(there, back, false, maxMessage);
  onTestFinished(() => {
    near.streams.fail();
    far.streams.fail();
  });
  return { near, far };
}

export function end(input: PassThrough, output: PassThrough, begins: boolean, maxMessage = 1024 * 1024): End {
  const messages: string[] = [];
  const ends: (Error | undefined)[] = [];
  const streams = new Streams(input, output, {
    begins,
    maxMessage,
    onMessage: (message) => void messages.push(message.toString()),
    onEnd: (error) => void ends.push(error),
  });
  return { streams, messages, ends, input, output };
}

/** Turns of the event loop, for what was written to arrive. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
