import { randomUUID } from 'node:crypto';
import { asShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { FileTransferOptions, Remote } from '../remote.ts';

/** Bytes from which a file goes by SFTP: for a small one, its round trips cost more than a channel does. */
export const bigFile = 1024 * 1024;

/** A new path on a node, where every login may write; not in /tmp, which may be memory. */
export const stagingPath = (): string => `/var/tmp/shakedown-${randomUUID()}`;

export interface Staging extends Omit<FileTransferOptions, 'timeout'> {
  /** The path on the node; the login must be able to write there. */
  readonly staged: string;
  /** Takes what was staged to where it belongs, if it is what was sent; else it throws. */
  readonly place: () => Promise<void>;
  /** Runs commands; the connection, or the agent on it. */
  readonly via: Pick<Remote, 'exec'>;
  /** Is told why there was no way. */
  readonly log?: ((message: string) => void) | undefined;
}

/**
 * Stages one file of the main host on the node by SFTP, which is the login user's, for `place` to take it;
 * nobody else may read it meanwhile. False where that cannot be done, for the caller to send it through the
 * channel: sshd without SFTP, a login that sees another tree than commands do, no room, a file that did not
 * arrive as it was. Nothing stays where it was staged. Throws when `signal` is aborted, and
 * ConnectionLostError.
 */
export async function stageFile(
  remote: Pick<Remote, 'uploadFile' | 'lost'>,
  file: string,
  { staged, place, via, signal, onProgress, log }: Staging,
): Promise<boolean> {
  try {
    await remote.uploadFile(file, staged, { mode: 0o600, ...present({ signal, onProgress }) });
    await place();
    return true;
  } catch (error) {
    // Also when it was called off; where the connection is gone, nothing can be removed.
    await via.exec(['rm', '-f', staged], { timeout: 10 }).catch(() => undefined);
    signal?.throwIfAborted();
    remote.lost.throwIfAborted();
    log?.(`${asShakedownError(error).message}; it is sent through the channel`);
    return false;
  }
}
