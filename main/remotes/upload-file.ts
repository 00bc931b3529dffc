import { stat } from 'node:fs/promises';
import type { Client, SFTPWrapper } from 'ssh2';
import { ShakedownError, TimeLimitError } from '../../common/errors.ts';
import type { TransferOptions } from './remote.ts';

/** One big file by SFTP's pipelined writes, which is faster than a stream; its mode travels. See Remote.uploadFile. */
export async function uploadFile(
  client: Client,
  file: string,
  target: string,
  { signal, timeout }: Pick<TransferOptions, 'signal' | 'timeout'>,
  lost: AbortSignal,
): Promise<void> {
  const limit = new AbortController();
  const expire = (seconds: number) => limit.abort(new TimeLimitError(`sending ${file}`, seconds));
  const timer = timeout === undefined ? undefined : setTimeout(expire, timeout * 1000, timeout);
  const stop = AbortSignal.any([lost, limit.signal, ...(signal ? [signal] : [])]);
  stop.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sftp: SFTPWrapper | undefined;
  const onStop = () => reject(stop.reason);
  stop.addEventListener('abort', onStop, { once: true });
  const failed = (error: Error) =>
    reject(new ShakedownError({ message: `${file} could not be sent to ${target}: ${error.message}` }));
  try {
    const { mode } = await stat(file);
    client.sftp((failure, opened?: SFTPWrapper) => {
      if (failure || !opened) return failed(failure ?? new Error('no SFTP on the node'));
      if (stop.aborted) return opened.end();
      sftp = opened;
      opened.fastPut(file, target, { mode: mode & 0o7777 }, (error) => (error ? failed(error) : resolve()));
    });
    return await promise;
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
    sftp?.end();
  }
}
