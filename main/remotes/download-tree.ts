import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../common/errors.ts';
import { land } from './landing.ts';
import type { Downloaded, Remote, TransferOptions } from './remote.ts';
import { shellQuote } from './shell-line.ts';

/** Messages in English, names as they are. */
const locale = { LC_ALL: 'C.UTF-8' };

/**
 * Paths of the node as one tar stream into `directory`; see Remote.download. GNU tar at both ends: it keeps holes as
 * holes and reads on past what it cannot read (tar(1): --sparse, --ignore-failed-read). What came before a throw stays.
 */
export async function downloadTree(
  remote: Pick<Remote, 'exec'>,
  paths: readonly string[],
  directory: string,
  { base = '/', ...options }: TransferOptions & { base?: string },
): Promise<Downloaded> {
  if (paths.length === 0) return { files: 0, bytes: 0, problems: [] };
  await mkdir(directory, { recursive: true });
  // Unpacked in a folder of its own: tar would follow a link that an earlier download has left in `directory`.
  const arrival = await mkdtemp(join(directory, '.arriving-'));
  const landing = join(arrival, 'tree');
  try {
    await mkdir(landing);
    const unpack = unpacking(landing);
    const stream = {
      stdin: namesBelow(base, paths),
      stdoutTo: unpack.stdin,
      spoolDir: join(arrival, 'spool'),
    };
    let bytes = 0;
    const onStdout = (chunk: Buffer) => {
      bytes += chunk.length;
    };
    const packing = remote
      .exec(packLine(base), { ...options, ...stream, env: locale, onStdout })
      .finally(() => unpack.stdin.end());
    const [packed, unpacked] = await Promise.allSettled([packing, unpack]);
    const landed = await land(landing, directory);
    const said = unpacked.status === 'fulfilled' ? unpacked.value.stderr : String(unpacked.reason);
    const brokenOff = packed.status === 'rejected' && packed.reason?.code === 'EPIPE';
    if (brokenOff || fullDisk.test(said)) throw notUnpacked(directory, said);
    if (packed.status === 'rejected') throw packed.reason;
    const { exitCode, stderr } = packed.value;
    const problems = [...complaints(stderr), ...(bytes > 0 ? complaints(said) : []), ...landed.problems];
    if ((exitCode ?? 3) > 2) problems.push(`tar on the node ended with exit code ${exitCode}`);
    return { files: landed.files, bytes, problems };
  } finally {
    await rm(arrival, { recursive: true, force: true });
  }
}

const packLine = (base: string): string =>
  `exec tar -c --sparse --ignore-failed-read --mode=u+rwX,ug-s -f - -C ${shellQuote(base)} --null -T -`;

/** A leading `./`, for a name may begin with a dash. */
const namesBelow = (base: string, paths: readonly string[]): string =>
  paths.map((path) => `./${posix.relative(base, path)}`.replace(/^\.\/$/, '.')).join('\0');

const unpacking = (directory: string) =>
  execa('tar', ['-x', '--no-same-owner', '--no-same-permissions', '-f', '-', '-C', directory], {
    reject: false,
    stdin: 'pipe',
    stdout: 'ignore',
    env: locale,
  });

const fullDisk = /: No space left on device$/m;

function notUnpacked(directory: string, said: string): ShakedownError {
  const full = fullDisk.test(said);
  return new ShakedownError({
    message: full
      ? `no space left on the main host for ${directory}`
      : `what came from the node could not be written to ${directory}`,
    lastLines: complaints(said).slice(-5),
    ...(full ? { hint: `free some space: df -h ${directory}` } : {}),
  });
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
