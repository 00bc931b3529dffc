import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { CommandResult } from '../../common/results.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import type { Remote } from '../remotes/remote.ts';
import { bigFile, stageFile, stagingPath } from '../remotes/transfer/stage-file.ts';
import type { Packing } from './packed-file.ts';

/** A file of the main host. */
export interface OwnFile {
  readonly file: string;
  /**
   * What is sent in its place: the file that has it packed, and the program by which the node unpacks that.
   */
  readonly packed?: { readonly file: string; readonly by: Packing };
  /** Bytes. */
  readonly size: number;
  /** Of its bytes, in hex. */
  readonly sha256: string;
}

export interface Sending {
  readonly remote: Remote;
  /** Whether the cache is root's. */
  readonly root: boolean;
  readonly signal?: AbortSignal;
  readonly log: (message: string) => void;
}

/** Sends a file into a node's cache, where it comes into being whole or not at all. Throws ShakedownError. */
export async function putInCache(
  file: OwnFile,
  target: string,
  mode: string,
  sending: Sending,
): Promise<void> {
  const begin = performance.now();
  const from = file.packed?.file ?? file.file;
  const { size } = await stat(from);
  const put: Put = { file, from, size, target, mode, sending };
  // What is packed is unpacked as it comes.
  const sent = !file.packed && size >= bigFile && (await putBySftp(put));
  if (!sent) await placeFile(put, { stdin: createReadStream(from, { highWaterMark: 1024 * 1024 }) });
  const way = sent ? ' by SFTP' : '';
  sending.log(`sent ${target}: ${size} bytes in ${Math.round(performance.now() - begin)} ms${way}`);
}

interface Put {
  readonly file: OwnFile;
  /** The file whose bytes are sent, and how many. */
  readonly from: string;
  readonly size: number;
  readonly target: string;
  readonly mode: string;
  readonly sending: Sending;
}

function putBySftp(put: Put): Promise<boolean> {
  const { from, size, target, sending } = put;
  const { remote, signal, log } = sending;
  const staged = stagingPath();
  return stageFile(remote, from, {
    staged,
    place: () => placeFile(put, { staged }),
    via: remote,
    onProgress: progress(target, size, log),
    log,
    ...present({ signal }),
  });
}

/** Tells every ten seconds how far a slow transfer has come. */
function progress(target: string, size: number, log: Sending['log']): (bytes: number) => void {
  let told = performance.now();
  return (bytes) => {
    if (performance.now() - told < 10_000) return;
    told = performance.now();
    log(`sending ${target}: ${bytes} of ${size} bytes`);
  };
}

async function placeFile(
  { file, target, mode, sending }: Put,
  { staged = '', stdin }: { readonly staged?: string; readonly stdin?: Readable },
): Promise<void> {
  const { remote, root, signal } = sending;
  const { size, sha256, packed } = file;
  const script = shellFile(import.meta.dirname, 'shell/put.sh', {
    target,
    mode,
    size,
    sha256,
    unpack: packed?.by,
    staged,
  });
  const result = await remote.exec(script, { root, ...present({ stdin, signal }) });
  if (result.exitCode !== 0) throw notPut(target, result);
}

/** Says why a file did not come to its place in a node's cache. */
export function notPut(target: string, { exitCode, stderr }: CommandResult): ShakedownError {
  const full = /No space left/i.test(stderr);
  return new ShakedownError({
    message: full
      ? `no space left on the node for the agent (${target})`
      : `the agent could not be put on the node (${target})`,
    exitCode,
    lastLines: stderr.split('\n').filter(Boolean).slice(-5),
    ...present({ hint: full ? 'free 150 MB in /var on the node (`df -h /var`)' : undefined }),
  });
}
