import { randomUUID } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Remote } from '../../remotes/remote.ts';
import { downloadNamed } from '../../remotes/transfer/download-named.ts';
import { mergeTree } from '../../remotes/transfer/merge-tree.ts';
import { bringBigFile, type SftpRemote, sendBigFile } from './big-files.ts';

/** What files go by: a connection, or the agent on it. */
export type Carrier = Pick<Remote, 'exec' | 'upload' | 'download'>;

interface Copying {
  /** The connection, where single big files are to go by SFTP. */
  readonly sftp?: SftpRemote;
  readonly signal?: AbortSignal | undefined;
  /** Is told how many bytes have gone, or come. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Sends a file or a folder, into the folder `target` if there is one on the node, else under that
 * name; what is there already is replaced or added to. Gives where it is on the node. Throws
 * UsageError for a source that is not there.
 */
export async function send(
  remote: Carrier,
  source: string,
  target: string,
  { sftp, signal, onProgress }: Copying,
): Promise<string> {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no ${source}.`);
  const root = { root: true, ...present({ signal }) };
  const isFolder = await remote.exec(['test', '-d', target], root);
  const final = isFolder.exitCode === 0 ? posix.join(target, basename(source)) : target;
  const options = { via: remote, ...present({ signal, onProgress }) };
  if (sftp && (await sendBigFile(sftp, source, final, options))) return final;
  const entries = stats.isDirectory() ? await entriesOf(source) : [basename(source)];
  const upload = (folder: string) =>
    remote.upload(dirname(source), folder, { ...root, entries, ...present({ onProgress }) });
  if (posix.basename(final) === basename(source)) {
    await upload(posix.dirname(final));
    return final;
  }
  const beside = posix.join(posix.dirname(final), `.shakedown-cp-${randomUUID()}`);
  try {
    await upload(beside);
    const move = await remote.exec(['mv', '-T', posix.join(beside, basename(source)), final], root);
    if (move.exitCode !== 0)
      throw new ShakedownError({ message: `could not write ${final}: ${move.stderr.trim()}` });
  } finally {
    // Where the connection is gone, nothing can be removed.
    await remote.exec(['rm', '-rf', beside], { root: true }).catch(() => undefined);
  }
  return final;
}

/** A folder and all that is in it, as paths beside it. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const name = basename(folder);
  const inside = await readdir(folder, { recursive: true });
  return [name, ...inside.map((path) => join(name, path))];
}

/** What was brought from a node. */
export interface Brought {
  /** Where it is on the main host. */
  readonly path: string;
  /** Where on the node the link leads that was named: that has come, under the link's name. */
  readonly target?: string;
  /** What could not be brought whole, as sentences. */
  readonly problems: readonly string[];
}

/**
 * Brings a file or a folder, into the folder `target` if there is one, else under that name; of a
 * link what it leads to. A folder that is there already is added to. Throws ShakedownError when
 * nothing came, UsageError for the root folder and for a place here that cannot be written.
 */
export async function bring(
  remote: Carrier,
  source: string,
  target: string,
  { sftp, ...copying }: Copying,
): Promise<Brought> {
  const path = posix.resolve(source);
  const name = posix.basename(path);
  if (name === '') throw new UsageError('The whole of a node is too much: name a folder of it.');
  const folder = statSync(target, { throwIfNoEntry: false })?.isDirectory();
  const final = folder ? join(target, name) : target;
  const temporary = await folderBeside(final);
  try {
    const carrier = sftp ? bySftp(remote, sftp) : remote;
    const options = { root: true, base: posix.dirname(path), ...present(copying) };
    const { problems, followed } = await downloadNamed(carrier, [path], temporary, options);
    const came = join(temporary, name);
    const stats = lstatSync(came, { throwIfNoEntry: false });
    if (!stats || (stats.isSymbolicLink() && problems.length > 0)) {
      const there = await remote.exec(['sh', '-c', '[ -e "$1" ] || [ -L "$1" ]', 'sh', path], { root: true });
      throw there.exitCode === 1
        ? new ShakedownError({ message: `there is no ${source} on the node` })
        : new ShakedownError({ message: `nothing came from ${source}`, lastLines: [...problems] });
    }
    await mergeTree(Buffer.from(came), Buffer.from(final), { replace: false });
    return { path: final, problems, ...present({ target: followed.get(path) }) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Makes an empty folder beside what is to come, which is moved into its place from there. */
async function folderBeside(final: string): Promise<string> {
  const folder = dirname(final);
  try {
    await mkdir(folder, { recursive: true });
    return await mkdtemp(join(folder, '.shakedown-cp-'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EEXIST', 'ENOTDIR', 'EACCES', 'EROFS'].includes(code)) throw error;
    const why = ['EEXIST', 'ENOTDIR'].includes(code) ? 'there is a file on its path' : code;
    throw new UsageError(`Nothing can be written into ${folder}: ${why}.`, { hint: 'name another place' });
  }
}

/** What brings a single big file by SFTP, and all else as `remote` does. */
function bySftp(remote: Carrier, sftp: SftpRemote): Pick<Carrier, 'exec' | 'download'> {
  return {
    exec: (command, options) => remote.exec(command, options),
    download: async (paths, directory, options = {}) => {
      const { base = '/', signal, onProgress } = options;
      const [path = '', ...others] = paths;
      const how = { via: remote, ...present({ signal, onProgress }) };
      const bytes =
        others.length === 0 && path !== ''
          ? await bringBigFile(sftp, path, join(directory, posix.relative(base, path)), how)
          : undefined;
      if (bytes === undefined) return remote.download(paths, directory, options);
      return { files: 1, bytes, problems: [] };
    },
  };
}
