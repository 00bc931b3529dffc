import { mkdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { execa } from 'execa';
import type { Client, SFTPWrapper } from 'ssh2';
import { create as createTar } from 'tar';
import { ShakedownError } from '../../common/errors.ts';
import type { Downloaded, Remote, TransferOptions } from './remote.ts';
import { shellQuote } from './shell-line.ts';

type Executor = Pick<Remote, 'exec' | 'address'>;

/** A tree (or the named entries of it) as one tar stream into `target`, which is made if need be. */
export async function uploadTree(
  remote: Executor,
  directory: string,
  target: string,
  { entries, ...options }: TransferOptions & { entries?: readonly string[] },
): Promise<void> {
  // A leading `./`, for tar takes a name that begins with @ for an archive.
  const names = entries?.map((entry) => `./${entry}`) ?? ['.'];
  if (names.length === 0) return;
  const stdin = createTar({ cwd: directory, noDirRecurse: entries !== undefined }, names);
  const place = shellQuote(target);
  const command = `mkdir -p ${place} && exec tar -x -p --no-same-owner -f - -C ${place}`;
  const result = await remote.exec(command, { ...options, stdin: stdin as unknown as Readable });
  if (result.exitCode === 0) return;
  const lastLines = result.stderr.trim().split('\n').slice(-5);
  const full = lastLines.some((line) => /No space left/i.test(line));
  throw new ShakedownError({
    message: full ? `no space left on the node for ${target}` : `files could not be written to ${target}`,
    command: 'tar -x',
    exitCode: result.exitCode,
    lastLines,
    ...(full ? { hint: `free some space there: df -h ${target}` } : {}),
  });
}

/** One big file by SFTP's pipelined writes, which is faster than a stream; its mode travels. */
export async function uploadFile(
  client: Client,
  file: string,
  target: string,
  { signal }: TransferOptions,
  lost: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const { mode } = await stat(file);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onLost = () => reject(lost.reason);
  lost.addEventListener('abort', onLost, { once: true });
  client.sftp((failure, sftp?: SFTPWrapper) => {
    if (failure || !sftp) return reject(failure);
    const onAbort = () => {
      sftp.end();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    sftp.fastPut(file, target, { mode: mode & 0o7777 }, (error) => {
      signal?.removeEventListener('abort', onAbort);
      sftp.end();
      if (!error) return resolve();
      reject(new ShakedownError({ message: `${file} could not be sent to ${target}: ${error.message}` }));
    });
  });
  return promise.finally(() => lost.removeEventListener('abort', onLost));
}

/**
 * Paths of the node as one tar stream into `directory`. GNU tar at both ends: it keeps holes as holes, reads on past
 * what it cannot read, and when it unpacks lets nothing out of the folder (tar(1), `-P` is not given).
 */
export async function downloadTree(
  remote: Executor,
  paths: readonly string[],
  directory: string,
  { base = '/', ...options }: TransferOptions & { base?: string },
): Promise<Downloaded> {
  if (paths.length === 0) return { files: 0, bytes: 0, problems: [] };
  await mkdir(directory, { recursive: true });
  const names = paths.map((path) => `./${posix.relative(base, path)}`.replace(/^\.\/$/, '.'));
  const pack = `exec tar -c --sparse --ignore-failed-read --mode=u+rwX,ug-s -f - -C ${shellQuote(base)} --null -T -`;
  const unpack = execa(
    'tar',
    ['-x', '-v', '--no-same-owner', '--no-same-permissions', '-f', '-', '-C', directory],
    {
      reject: false,
      buffer: { stdout: false },
      stdin: 'pipe',
      env: { LC_ALL: 'C' },
    },
  );
  let files = 0;
  unpack.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) files++;
  });
  let bytes = 0;
  const through = new PassThrough();
  through.pipe(unpack.stdin);
  unpack.stdin.on('error', () => through.resume());
  const packed = await remote
    .exec(pack, {
      ...options,
      env: { LC_ALL: 'C' },
      stdin: names.join('\0'),
      stdoutTo: through,
      onStdout: (chunk) => {
        bytes += chunk.length;
      },
    })
    .finally(() => through.end());
  const unpacked = await unpack;
  const problems = [...complaints(packed.stderr), ...complaints(unpacked.stderr)];
  if ((packed.exitCode ?? 3) > 2) problems.push(`tar on the node ended with exit code ${packed.exitCode}`);
  return { files, bytes, problems };
}

/** What tar said, without its name and without the sentences that only say that it had said something. */
const complaints = (stderr: string): string[] =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^tar: /, ''))
    .filter(
      (line) =>
        line !== '' && !/^(Removing leading|Exiting with failure|Error is not recoverable)/.test(line),
    );
