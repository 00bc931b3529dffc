import { chmodSync, chownSync, lstatSync, renameSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { isSystemError } from '../failure.ts';
import { copyDurably, removeIfThere } from './copy-durably.ts';
import { syncDirectory } from './durable-file.ts';

/** What a file is to be. */
export interface FileState {
  /** A file with its bytes. */
  readonly from: string;
  /** Permission bits. */
  readonly mode: number;
  /** The agent's own unless told. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Seconds since the epoch; now unless told. */
  readonly times?: { readonly atime: number; readonly mtime: number };
}

/**
 * Makes a file be so. It comes into being whole, on disk (rename(2)). Where it cannot be replaced by
 * another one, as what a container's engine mounts (`/etc/hosts`), it is written in place. Throws
 * ShakedownError where neither can be done.
 */
export async function replaceFile(to: string, state: FileState): Promise<void> {
  const temporary = `${to}.shakedown-new`;
  try {
    removeIfThere(temporary);
    await fill(temporary, state);
    renameSync(temporary, to);
    syncDirectory(dirname(to));
  } catch (error) {
    tryToRemove(temporary);
    if (!isSystemError(error, ...irreplaceable)) throw error;
    await writeInPlace(to, state, error);
  }
}

/** Where a file cannot be replaced, for it is a mount point, or may not be changed in its folder. */
const irreplaceable = ['EBUSY', 'EROFS', 'EPERM', 'EACCES', 'EXDEV'];

async function writeInPlace(to: string, state: FileState, because: NodeJS.ErrnoException): Promise<void> {
  try {
    if (!lstatSync(to).isFile()) throw because;
    await fill(to, state);
  } catch (error) {
    if (!isSystemError(error, ...irreplaceable, 'ENOENT', 'ETXTBSY')) throw error;
    throw cannotBeChanged(to, isSystemError(error, 'ENOENT') ? because : error);
  }
}

async function fill(path: string, { from, mode, owner, times }: FileState): Promise<void> {
  await copyDurably(from, path, statSync(from), () => {
    if (owner) chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
    if (times) utimesSync(path, times.atime, times.mtime);
  });
}

function tryToRemove(path: string): void {
  try {
    removeIfThere(path);
  } catch {
    // Of what went wrong before is told.
  }
}

/** In words, for a path that the operating system does not let anybody change. */
export function cannotBeChanged(path: string, error: NodeJS.ErrnoException): ShakedownError {
  const { why, hint } = reasons[error.code ?? ''] ?? {
    why: error.message,
    hint: `look there: ls -ld ${path}`,
  };
  return new ShakedownError({ message: `${path} cannot be changed: ${why}`, hint }, { cause: error });
}

const reasons: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  EBUSY: { why: 'something is mounted there', hint: 'look at `findmnt` on the node' },
  EROFS: {
    why: 'it is on a file system that is mounted for reading only',
    hint: 'look at `mount` and `dmesg` on the node',
  },
  EPERM: {
    why: 'it or its folder may not be changed, not even by root',
    hint: 'look at `lsattr -d` of both on the node: `chattr -ia` takes such a mark away',
  },
  EACCES: {
    why: 'the user of the agent may not',
    hint: 'log in as root, or let the agent become it by sudo',
  },
  ETXTBSY: { why: 'it is a program that runs', hint: 'end the program first' },
};
