import { ShakedownError } from '../../common/errors.ts';
import type { CommandResult } from '../../common/results.ts';
import { printableLine } from '../../common/text/printable.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import type { Remote } from '../remotes/remote.ts';
import { type Packing, packings } from './packed-file.ts';

/** A file in a node's cache. */
export interface CachedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * In hex, of its bytes as they are now; `unread` where finding out takes a while, `share` for what is
   * mounted there for reading only, and `-` on a node that has no program for it.
   */
  readonly sha256: string;
}

/** What a node is, and what lies in its cache. */
export interface SeenCache {
  /** As `uname -m` has it. */
  readonly machine: string;
  /** What it can unpack. */
  readonly unpacks: readonly Packing[];
  /** The folder that is the cache. */
  readonly cache: string;
  readonly files: readonly CachedFile[];
}

export interface CacheOptions {
  /**
   * Folders on the node, the most wanted first: the cache is the first one from which programs can be run.
   */
  readonly caches: readonly string[];
  /** Whether it is root's. */
  readonly root: boolean;
  readonly signal?: AbortSignal;
}

/**
 * KiB that a folder must have free to take a runtime, of 106 MB or, with its
 * debug symbols, 126, and an agent.
 */
const room = 128 * 1024;

/** Seconds; to look around, and to read 100 MB from a slow disk. */
const [lookWithin, readWithin] = [60, 300];

/**
 * Looks into a node's cache, in one round trip; agents are read whole for it. Throws ShakedownError without
 * root rights, for a folder in which others may write (what runs from there runs as root), and where there
 * is no folder from which programs can be run.
 */
export async function lookIntoCache(
  remote: Pick<Remote, 'exec'>,
  { caches, ...options }: CacheOptions,
): Promise<SeenCache> {
  const script = shellFile(import.meta.dirname, 'shell/look.sh', { room }, caches);
  const result = await remote.exec(script, { timeout: lookWithin, ...options });
  if (result.exitCode !== 0) throw notRoot(result);
  const lines = result.stdout.split('\n').map((line) => line.split(' '));
  const [, ...foreign] = lines.find(([word]) => word === 'foreign') ?? [];
  if (foreign.length > 0) throw foreignCache(foreign);
  const cache = lines.find(([word]) => word === 'cache')?.[1];
  if (cache === undefined) throw nowhere(lines);
  return {
    cache,
    machine: lines.find(([word]) => word === 'machine')?.[1] ?? '',
    unpacks: packings.filter((packing) => lines.some(([word]) => word === packing)),
    files: lines.flatMap(([word, path = '', size = '', sha256 = '']) =>
      word === 'runtime' || word === 'agent' ? [{ path, size: Number(size), sha256 }] : [],
    ),
  };
}

/** The digest of a runtime in the cache, which is read whole for it; the next look then knows it. */
export async function readRuntime(
  remote: Pick<Remote, 'exec'>,
  file: string,
  options: Omit<CacheOptions, 'caches'>,
): Promise<string> {
  const script = shellFile(import.meta.dirname, 'shell/read-runtime.sh', { file });
  const result = await remote.exec(script, { timeout: readWithin, ...options });
  return result.stdout.trim();
}

function nowhere(lines: readonly (readonly string[])[]): ShakedownError {
  const unfit = lines.filter(([word]) => word === 'unfit');
  return new ShakedownError({
    message: 'there is no folder on the node from which the agent could be run',
    lastLines: unfit.map(([, path = '', ...why]) => printableLine(`${path}: ${why.join(' ')}`, 200)),
    hint: 'make one of them such that files can be written there and programs run from there: look at `mount` and `df -h`',
  });
}

function foreignCache([owner, mode, cache]: readonly string[]): ShakedownError {
  return new ShakedownError({
    message: `others may write into ${cache} on the node (owner ${owner}, mode ${mode}), and what lies there runs as root`,
    hint: `on the node: chown root: ${cache} && chmod 755 ${cache}; remove node-* and agent-* in it if you know nothing of them`,
  });
}

function notRoot({ command, exitCode, stderr }: CommandResult): ShakedownError {
  const sudo = /sudo/.test(stderr);
  return new ShakedownError({
    message: sudo
      ? 'the user may not become root without a password'
      : 'the node does not answer to a simple command',
    command: printableLine(command, 200),
    exitCode,
    lastLines: stderr.split('\n').filter(Boolean).slice(-5),
    ...(sudo
      ? {
          hint: 'install sudo and allow it without a password (`USER ALL=(ALL) NOPASSWD: ALL` in /etc/sudoers.d/shakedown), or log in as root',
        }
      : {}),
  });
}
