import { stat } from 'node:fs/promises';
import type { Client, SFTPWrapper } from 'ssh2';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { UploadFileOptions } from '../remote.ts';

/** Seconds for the subsystem to answer: one that is set up wrongly may say nothing at all. */
const openWithin = 15;

/** One big file by SFTP's pipelined writes; its mode travels. See Remote.uploadFile. */
export async function uploadFile(
  client: Client,
  file: string,
  target: string,
  { signal, timeout, onProgress }: UploadFileOptions,
  lost: AbortSignal,
): Promise<void> {
  const { mode } = await stat(file);
  const ends = AbortSignal.any([lost, ...(signal ? [signal] : [])]);
  await withTimeLimit({ what: `sending ${file}`, seconds: timeout, signal: ends }, async (stop) => {
    try {
      const subsystem = await openSftp(client, stop);
      try {
        const sftp = await clientOn(subsystem);
        const options = { mode: mode & 0o7777, ...present({ step: onProgress }) };
        stop.addEventListener('abort', () => subsystem.end(), { once: true });
        await Promise.race([sftp.fastPut(file, target, options), brokenBy(subsystem)]);
      } finally {
        subsystem.end();
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ShakedownError(
        { message: `${file} could not be sent to ${target}: ${why}` },
        { cause: error },
      );
    }
  });
}

function openSftp(client: Client, signal: AbortSignal): Promise<SFTPWrapper> {
  const { promise, resolve, reject } = Promise.withResolvers<SFTPWrapper>();
  return withTimeLimit({ what: 'opening SFTP', seconds: openWithin, signal }, (stop) => {
    client.sftp((failure, opened?: SFTPWrapper) => {
      if (failure || !opened) reject(failure ?? new Error('no SFTP on the node'));
      else if (stop.aborted) opened.end();
      else resolve(opened);
    });
    return promise;
  });
}

/**
 * ssh2-sftp-client on a subsystem of the connection that is open, in place of its
 * `connect()` and `end()`: with a connection of its own, 108 MB took 2.5 s instead of 1.7 s
 * (loopback), and a node may refuse a second login.
 */
async function clientOn(subsystem: SFTPWrapper) {
  const { default: SftpClient } = await import('ssh2-sftp-client');
  return Object.assign(new SftpClient(), { sftp: subsystem });
}

/** A server that speaks no SFTP, or dies: what waits for its answers would wait for ever. */
function brokenBy(subsystem: SFTPWrapper): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  subsystem.on('error', reject).on('close', () => reject(new Error('the SFTP server on the node has ended')));
  return promise;
}
