import type { Readable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';

/** Bytes that a login's shell may print before a command. */
const mostGreeting = 1024 ** 2;

/** What came before a command began. */
export interface Greeting {
  /** Whether it began at all. */
  readonly begun: boolean;
  /** What the login's shell said, or sudo; all there was where it did not begin. */
  readonly said: string;
}

/**
 * Takes from a stream what a login's shell prints before a command (a greeting in
 * `~/.bashrc`), up to the words with which the command begins; what comes after stays in the
 * stream. Rejects where more than 1 MiB comes before.
 */
export function takeGreeting(source: Readable, beginning: string): Promise<Greeting> {
  const { promise, resolve, reject } = Promise.withResolvers<Greeting>();
  const words = Buffer.from(beginning);
  let heard = Buffer.alloc(0);
  let parts: Buffer[] = [];
  const said = () => Buffer.concat(parts).toString('utf8');
  const look = () => {
    for (let chunk = source.read() as Buffer | null; chunk; chunk = source.read() as Buffer | null) {
      heard = Buffer.concat([heard, chunk]);
      const at = heard.indexOf(words);
      if (at >= 0) return begin(at);
      const done = Math.max(0, heard.length - words.length + 1);
      parts.push(heard.subarray(0, done));
      heard = heard.subarray(done);
      const size = parts.reduce((sum, { length }) => sum + length, 0);
      if (parts.length > 64) parts = [Buffer.concat(parts)];
      if (size > mostGreeting) return reject(talkative(said()));
    }
  };
  const begin = (at: number) => {
    parts.push(heard.subarray(0, at));
    source.off('readable', look);
    const rest = heard.subarray(at + words.length);
    if (rest.length > 0) source.unshift(rest);
    resolve({ begun: true, said: said() });
  };
  const onEnd = () => {
    parts.push(heard);
    resolve({ begun: false, said: said() });
  };
  source.on('readable', look).once('end', onEnd).once('error', reject);
  // Its end may have been told before.
  if (source.readableEnded || source.destroyed) onEnd();
  return promise.finally(() => source.off('readable', look).off('end', onEnd).off('error', reject));
}

const talkative = (said: string): ShakedownError =>
  new ShakedownError({
    message: `the login's shell on the node prints more than ${mostGreeting} bytes before each command: ${printableLine(said, 100)}`,
    hint: 'have it say nothing where nobody reads it: at the top of ~/.bashrc: case $- in *i*) ;; *) return ;; esac',
  });
