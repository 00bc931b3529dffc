import { readdir } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { create as createTar } from 'tar';
import { shellQuote } from '../commands/shell-line.ts';
import type { Remote, TransferOptions } from '../remote.ts';
import { notWritten } from './not-written.ts';

/** A tree (or the named entries of it) as one tar stream into `target`, which is made if need be. */
export async function uploadTree(
  remote: Pick<Remote, 'exec'>,
  directory: string,
  target: string,
  { entries, onProgress, ...options }: TransferOptions & { entries?: readonly string[] },
): Promise<void> {
  // A leading `.//`, for tar takes a name that begins with @ for an archive.
  // The folder itself does not travel: its mode is the target's own affair.
  const names = (entries ?? (await readdir(directory))).map((entry) => `./${entry}`);
  if (entries?.length === 0) return;
  const stdin =
    names.length === 0
      ? Buffer.alloc(1024)
      : tarOf(directory, names, { alone: entries !== undefined, onProgress });
  const place = shellQuote(target);
  const command = `umask 022; { [ -d ${place} ] || mkdir -p ${place}; } && exec tar -x -p --no-same-owner -f - -C ${place}`;
  const result = await remote.exec(command, { ...options, stdin, single: true });
  if (result.exitCode === 0) return;
  const lastLines = result.stderr.trim().split('\n').slice(-5);
  const { exitCode } = result;
  const message = `files could not be written to ${target}`;
  throw await notWritten(remote, target, { message, command: 'tar -x', exitCode, lastLines });
}

interface Listening {
  readonly onProgress: TransferOptions['onProgress'] | undefined;
}

/** It is read before anybody listens, so its failure is kept in the stream until somebody does. */
function tarOf(
  cwd: string,
  names: readonly string[],
  { alone, onProgress }: { readonly alone: boolean } & Pick<Listening, 'onProgress'>,
): Readable {
  let bytes = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      onProgress?.(bytes);
      done(null, chunk);
    },
  }).on('error', () => undefined);
  const tar = createTar({ cwd, noDirRecurse: alone }, [...names]);
  tar.on('error', (error) => stream.destroy(error as Error));
  tar.pipe(stream);
  return stream;
}
