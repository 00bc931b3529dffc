import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { ShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { CommandResult } from '../../common/results.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import type { Remote } from '../remotes/remote.ts';

/** A file of the main host. */
export interface OwnFile {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Of its bytes, in hex. */
  readonly sha256: string;
}

export interface Sending {
  readonly remote: Remote;
  /** Whether the cache is root's. */
  readonly root: boolean;
  /** Whether packing is worth it. */
  readonly packed: boolean;
  readonly signal?: AbortSignal;
  readonly log: (message: string) => void;
}

/** Sends a file into a node's cache, where it comes into being whole or not at all. Throws ShakedownError. */
export async function putInCache(
  { file, size, sha256 }: OwnFile,
  target: string,
  mode: string,
  { remote, root, packed, signal, log }: Sending,
): Promise<void> {
  const begin = performance.now();
  const source = createReadStream(file, { highWaterMark: 1024 * 1024 });
  // Level 1 keeps up with most networks.
  const stdin: Readable = packed ? source.pipe(createGzip({ level: 1 })) : source;
  source.on('error', (error) => stdin.destroy(error));
  const script = shellFile(import.meta.dirname, 'shell/put.sh', { target, mode, size, sha256, packed });
  const result = await remote.exec(script, { root, stdin, ...present({ signal }) });
  if (result.exitCode !== 0) throw notPut(target, result);
  log(`sent ${target}: ${size} bytes in ${Math.round(performance.now() - begin)} ms`);
}

function notPut(target: string, { exitCode, stderr }: CommandResult): ShakedownError {
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
