import { mkdir, mkdtemp } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { noRoom } from '../../../common/no-room.ts';
import { present } from '../../../common/present.ts';
import type { Downloaded, DownloadOptions, Remote } from '../remote.ts';
import { type Landed, land, removeLanding } from './landing.ts';
import { type Unpacking, unpackInto } from './unpacking.ts';

/** Messages in English, names as they are. */
const locale = { LC_ALL: 'C.UTF-8' };

/** Problems of one tree that are named; the others are counted. */
const mostProblems = 200;

/**
 * Paths of the node as one tar stream into `directory`; see Remote.download. GNU tar at both ends: it
 * keeps holes as holes and reads on past what it cannot read (tar(1): --sparse,
 * --ignore-failed-read). What came before a throw stays.
 */
export async function downloadTree(
  remote: Pick<Remote, 'exec'>,
  paths: readonly string[],
  directory: string,
  options: DownloadOptions,
): Promise<Downloaded> {
  if (paths.length === 0) return { files: 0, bytes: 0, problems: [] };
  await mkdir(directory, { recursive: true });
  // Unpacked in a folder of its own: tar would follow a link that an earlier
  // download has left in `directory`.
  const arrival = await mkdtemp(join(directory, '.arriving-'));
  const landing = join(arrival, 'tree');
  try {
    await mkdir(landing);
    const bounded = { maxFiles: 500_000, ...options };
    const unpack = unpackInto(landing, bounded.maxFiles);
    const transfer = await transferTo(unpack, remote, paths, bounded);
    const landed = await land(landing, directory);
    return outcome(transfer, landed, directory);
  } finally {
    await removeLanding(arrival, landing);
  }
}

/** How a transfer went, at both ends. */
interface Transfer {
  readonly bytes: number;
  /** What the two tars said. */
  readonly packer: string;
  readonly unpacker: string;
  /** Of the tar on the node. */
  readonly exitCode: number | null;
  /** Why it was broken off by us, as what there was more of than may be. */
  readonly tooMuch?: string;
  readonly failure?: unknown;
}

async function transferTo(
  unpack: Unpacking,
  remote: Pick<Remote, 'exec'>,
  paths: readonly string[],
  {
    base = '/',
    maxBytes = Infinity,
    maxFiles,
    onProgress,
    ...options
  }: DownloadOptions & { readonly maxFiles: number },
): Promise<Transfer> {
  let bytes = 0;
  const full = new ShakedownError({ message: `${maxBytes} bytes` });
  const onStdout = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw full;
    onProgress?.(bytes);
  };
  const stream = {
    stdin: namesBelow(base, paths),
    stdoutTo: unpack.stdin,
    env: locale,
    onStdout,
    single: true,
  };
  const packing = remote.exec(packWords(base), { ...options, ...stream }).finally(() => unpack.stdin.end());
  const [packed, unpacked] = await Promise.allSettled([packing, unpack.ended]);
  const unpacker = unpacked.status === 'fulfilled' ? unpacked.value : String(unpacked.reason);
  if (packed.status === 'fulfilled') {
    const { exitCode, stderr } = packed.value;
    if (!unpack.tooMany()) return { bytes, packer: stderr, unpacker, exitCode };
  }
  const failure = packed.status === 'rejected' ? packed.reason : undefined;
  const tooMuch = unpack.tooMany() ? `${maxFiles} files` : failure === full ? full.message : undefined;
  return { bytes, packer: '', unpacker, exitCode: null, ...present({ failure, tooMuch }) };
}

function outcome(
  { bytes, packer, unpacker, exitCode, tooMuch, failure }: Transfer,
  { files, problems }: Landed,
  directory: string,
): Downloaded {
  if (fullDisk.test(unpacker)) throw notUnpacked(directory, unpacker);
  if (tooMuch !== undefined)
    return { files, bytes, problems: [`more than ${tooMuch}: the rest was left out`, ...problems] };
  if (hasCode(failure, 'EPIPE')) throw notUnpacked(directory, unpacker);
  if (failure !== undefined) throw failure;
  const all = [...complaints(packer), ...(bytes > 0 ? complaints(unpacker) : []), ...problems];
  if ((exitCode ?? 3) > 2) all.push(`tar on the node ended with exit code ${exitCode}`);
  const more = all.length - mostProblems;
  return {
    files,
    bytes,
    problems: more > 0 ? [...all.slice(0, mostProblems), `… and ${more} more`] : all,
  };
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const packWords = (base: string): readonly string[] => [
  ...['tar', '-c', '--sparse', '--ignore-failed-read', '--mode=u+rwX,ug-s'],
  ...['-f', '-', '-C', base, '--null', '-T', '-'],
];

/** A leading `.//`, for a name may begin with a dash. */
const namesBelow = (base: string, paths: readonly string[]): string =>
  paths.map((path) => `./${posix.relative(base, path)}`.replace(/^\.\/$/, '.')).join('\0');

/**
 * A write that the disk takes in part only has no error: tar tells the
 * numbers, and goes on with the next file.
 */
const fullDisk = /: (No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes)$/m;

function notUnpacked(directory: string, said: string): ShakedownError {
  const lastLines = complaints(said).slice(-5);
  // So that it is known for what it is: tar has only words for it.
  const cause = Object.assign(new Error(said), { code: 'ENOSPC' });
  if (fullDisk.test(said)) return noRoom(directory, { lastLines }, { cause });
  const message = `what came from the node could not be written to ${directory}`;
  return new ShakedownError({ message, lastLines });
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
