import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { asShakedownError, ShakedownError } from '../../../common/errors.ts';
import { fileDigest } from '../../../common/files/file-digest.ts';
import { present } from '../../../common/present.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import type { FileTransferOptions, Remote } from '../../remotes/remote.ts';
import { bigFile, stageFile, stagingPath } from '../../remotes/transfer/stage-file.ts';

/** The connection that SFTP goes over. */
export type SftpRemote = Pick<Remote, 'uploadFile' | 'downloadFile' | 'user' | 'lost'>;

interface Transfer extends Omit<FileTransferOptions, 'timeout'> {
  /** Runs commands on the node as root: the connection itself, or the agent. */
  readonly via: Pick<Remote, 'exec'>;
  readonly log?: ((message: string) => void) | undefined;
}

/** Makes a folder where there is none, and tells whether files can be written there. */
const prepare = 'umask 022; { [ -d "$1" ] || mkdir -p -- "$1"; } && [ -w "$1" ]';

/**
 * Sends one big file by SFTP to a path on the node, where it comes into being whole or not at all, root's,
 * with its mode and its time. False, and nothing was sent, for anything else than a file of 1 MiB and more,
 * and where that cannot be done (see `stageFile`): then it is the channel's.
 */
export async function sendBigFile(
  remote: SftpRemote,
  file: string,
  target: string,
  { via, ...options }: Transfer,
): Promise<boolean> {
  const stats = await lstat(file);
  if (!stats.isFile() || stats.size < bigFile) return false;
  const root = { root: true, ...present({ signal: options.signal }) };
  const folder = posix.dirname(target);
  const ready = await via.exec(['sh', '-c', prepare, 'sh', folder], root);
  if (ready.exitCode !== 0) return false;
  // Where root logs in, what comes into being in the folder is what it would be by any other way (its group,
  // its label of SELinux), and need not be copied.
  const staged = remote.user === 'root' ? posix.join(folder, `.shakedown-${randomUUID()}`) : stagingPath();
  const begin = performance.now();
  const place = async () => {
    const values = {
      staged,
      target,
      folder,
      sha256: await fileDigest(file),
      modified: Math.floor(stats.mtimeMs / 1000),
    };
    const mode = (stats.mode & 0o7777).toString(8);
    const script = shellFile(import.meta.dirname, 'shell/place-staged.sh', { ...values, mode });
    const { exitCode, stderr } = await via.exec(script, root);
    if (exitCode !== 0) throw new ShakedownError({ message: `could not write ${target}: ${stderr.trim()}` });
    const ms = Math.round(performance.now() - begin);
    options.log?.(`sent ${target}: ${stats.size} bytes in ${ms} ms by SFTP`);
  };
  return stageFile(remote, file, { staged, place, via, ...options });
}

/** Prints bytes, blocks, bytes of a block, mode, and time of the last change in s since the epoch. */
const look = '[ -f "$1" ] && [ ! -L "$1" ] && exec stat -c "%s %b %B %a %Y" -- "$1"';

/** The digest of so many bytes of a file, as they are now. */
const digestThere = 'head -c "$2" <"$1" | sha256sum';

/**
 * Brings one big file of the node by SFTP under a name that nothing has yet, with its mode, as far as the
 * umask allows it, and its time. Gives its bytes; undefined, and there is nothing by that name, for anything
 * else than a file of 1 MiB and more, for one with holes, which would come as zeros, one that the login may
 * not read or that changes meanwhile, and where there is no SFTP: then it is the channel's.
 */
export async function bringBigFile(
  remote: SftpRemote,
  source: string,
  file: string,
  { via, signal, onProgress, log }: Transfer,
): Promise<number | undefined> {
  const root = { root: true, ...present({ signal }) };
  const { stdout } = await via.exec(['sh', '-c', look, 'sh', source], root);
  const [size = 0, blocks = 0, blockSize = 0, mode = 0, modified = 0] = stdout.trim().split(' ').map(Number);
  if (!(size >= bigFile && blocks * blockSize >= size)) return undefined;
  const allowed = (Number.parseInt(String(mode), 8) & 0o777) | 0o600;
  let ours = false;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '', { flag: 'wx', mode: allowed });
    ours = true;
    await remote.downloadFile(source, file, present({ signal, onProgress }));
    const [there, here] = await Promise.all([
      via.exec(['sh', '-c', digestThere, 'sh', source, String(size)], root),
      fileDigest(file),
    ]);
    if (there.stdout.split(' ')[0] !== here)
      throw new ShakedownError({ message: `what came of ${source} is not what is there` });
    await utimes(file, modified, modified);
    return size;
  } catch (error) {
    if (ours) await rm(file, { force: true });
    signal?.throwIfAborted();
    remote.lost.throwIfAborted();
    log?.(`${asShakedownError(error).message}; it comes through the channel`);
    return undefined;
  }
}
