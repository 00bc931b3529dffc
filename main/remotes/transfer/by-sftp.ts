import { stat } from 'node:fs/promises';
import type { Client, SFTPWrapper } from 'ssh2';
import type SftpClient from 'ssh2-sftp-client';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { FileTransferOptions, UploadFileOptions } from '../remote.ts';

/** Seconds for the subsystem to answer: one that is set up wrongly may say nothing at all. */
const openWithin = 15;

/**
 * As much as OpenSSH takes and gives at once: 100 MB to a container took 0.42 s and back 0.37, by pieces of
 * 32 KiB 0.54 and 0.55. ssh2 divides them where a server takes less.
 */
const pieces = { chunkSize: 254 * 1024, concurrency: 16 };

/** An open connection, and the signal of its loss. */
export interface SftpConnection {
  readonly client: Client;
  readonly lost: AbortSignal;
}

/** One big file by SFTP's pipelined writes. See Remote.uploadFile. */
export async function uploadFile(
  connection: SftpConnection,
  file: string,
  target: string,
  { onProgress, mode, ...options }: UploadFileOptions,
): Promise<void> {
  const how = { ...pieces, mode: mode ?? (await stat(file)).mode & 0o7777, ...present({ step: onProgress }) };
  const words = { what: `sending ${file}`, failed: `${file} could not be sent to ${target}` };
  await overSftp(connection, { ...words, ...options }, (sftp) => sftp.fastPut(file, target, how));
}

/** One big file by SFTP's pipelined reads. See Remote.downloadFile. */
export async function downloadFile(
  connection: SftpConnection,
  source: string,
  file: string,
  { onProgress, ...options }: FileTransferOptions,
): Promise<void> {
  const words = { what: `bringing ${source}`, failed: `${source} could not be brought to ${file}` };
  await overSftp(connection, { ...words, ...options }, (sftp) =>
    sftp.fastGet(source, file, { ...pieces, ...present({ step: onProgress }) }),
  );
}

interface Session extends Pick<FileTransferOptions, 'signal' | 'timeout'> {
  readonly what: string;
  /** What is said before the reason. */
  readonly failed: string;
}

async function overSftp(
  { client, lost }: SftpConnection,
  { what, failed, signal, timeout }: Session,
  transfer: (sftp: SftpClient) => Promise<unknown>,
): Promise<void> {
  await withTimeLimit({ what, seconds: timeout, signal: [lost, signal] }, async (stop) => {
    try {
      const subsystem = await openSftp(client, stop);
      try {
        const sftp = await clientOn(subsystem);
        stop.addEventListener('abort', () => subsystem.end(), { once: true });
        await Promise.race([transfer(sftp), brokenBy(subsystem)]);
      } finally {
        subsystem.end();
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ShakedownError({ message: `${failed}: ${why}` }, { cause: error });
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
async function clientOn(subsystem: SFTPWrapper): Promise<SftpClient> {
  const { default: Client } = await import('ssh2-sftp-client');
  return Object.assign(new Client(), { sftp: subsystem });
}

/** A server that speaks no SFTP, or dies: what waits for its answers would wait for ever. */
function brokenBy(subsystem: SFTPWrapper): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  subsystem.on('error', reject).on('close', () => reject(new Error('the SFTP server on the node has ended')));
  return promise;
}
