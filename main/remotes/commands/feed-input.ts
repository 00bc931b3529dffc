import { Readable, type Writable } from 'node:stream';
import type { ExecOptions } from '../remote.ts';

/**
 * Sends a command its input and closes it. A command that ends without reading all of it is not an error; a
 * source that fails is, for the command would take what came for the whole.
 */
export function feedInput(channel: Writable, stdin: ExecOptions['stdin']): Promise<void> {
  if (stdin === undefined || typeof stdin === 'string' || Buffer.isBuffer(stdin)) {
    channel.end(stdin);
    return Promise.resolve();
  }
  return pump(stdin, channel);
}

/**
 * A source may fail before its command has begun, and an error that nobody listens to would end the process.
 */
export function awaitInput(stdin: ExecOptions['stdin']): void {
  if (stdin instanceof Readable) stdin.on('error', () => undefined);
}

function pump(source: Readable, channel: Writable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = () => resolve();
  channel.once('close', onClose);
  source.once('end', onClose);
  source.once('error', reject);
  if (source.errored) reject(source.errored);
  source.pipe(channel);
  return promise.finally(() => {
    channel.off('close', onClose);
    source.unpipe(channel);
    source.off('end', onClose);
  });
}
