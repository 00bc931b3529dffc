import { mkdir, readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { execa } from 'execa';
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
  // The folder itself does not travel: its mode is the target's own affair.
  const names = (entries ?? (await readdir(directory))).map((entry) => `./${entry}`);
  if (entries?.length === 0) return;
  const stdin = names.length === 0 ? Buffer.alloc(1024) : tarOf(directory, names, entries !== undefined);
  const place = shellQuote(target);
  const command = `mkdir -p ${place} && exec tar -x -p --no-same-owner -f - -C ${place}`;
  const result = await remote.exec(command, { ...options, stdin });
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

/** It is read before anybody listens, so its failure is kept in the stream until somebody does. */
function tarOf(cwd: string, names: readonly string[], noDirRecurse: boolean): Readable {
  const stream = new PassThrough().on('error', () => undefined);
  const tar = createTar({ cwd, noDirRecurse }, [...names]);
  tar.on('error', (error) => stream.destroy(error as Error));
  tar.pipe(stream);
  return stream;
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
    .finally(async () => {
      through.end();
      await unpack;
    });
  const { stderr } = await unpack;
  const problems = [...complaints(packed.stderr), ...complaints(stderr), ...(await removeSpecial(directory))];
  if ((packed.exitCode ?? 3) > 2) problems.push(`tar on the node ended with exit code ${packed.exitCode}`);
  return { files, bytes, problems };
}

/** Named pipes and devices are no evidence, and whoever reads the tree would wait on them for ever. */
async function removeSpecial(directory: string): Promise<readonly string[]> {
  const special = ['(', '-type', 'p', '-o', '-type', 'b', '-o', '-type', 'c', ')'];
  const { stdout } = await execa('find', [directory, '-xdev', ...special, '-printf', '%y %P\\0', '-delete'], {
    reject: false,
  });
  return stdout
    .split('\0')
    .filter(Boolean)
    .map((found) => `${found.slice(2)}: ${found.startsWith('p') ? 'named pipe' : 'device'} left out`);
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
