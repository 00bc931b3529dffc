import { createHash, randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity, processIdentity } from '../../common/processes/process-identity.ts';
import { privateFile } from './run-folders.ts';

/** The process that has a lock. */
export interface Holder extends ProcessIdentity {
  /** ms since the epoch. */
  readonly since: number;
  /** No two locks have the same text: what is written for one is never taken for another. */
  readonly once: string;
}

/**
 * Makes the file, which has its text from its first moment on. Gives what releases it; else the living
 * process that has it, or `busy` when another process is in the middle of taking it. What a dead process
 * left, or nobody, is removed by the one who holds the lock on the removal of that very text.
 */
export function takeFile(file: string): (() => void) | Holder | 'busy' {
  const text = JSON.stringify({
    ...processIdentity(),
    since: Date.now(),
    once: randomBytes(8).toString('hex'),
  });
  for (;;) {
    if (created(file, text)) return () => removeIf(file, text);
    const there = textOf(file);
    if (there === undefined) continue;
    const holder = holderIn(there);
    if (holder && isAlive(holder)) return holder;
    const digest = createHash('sha256').update(there).digest('hex').slice(0, 16);
    // Not everyone who saw it dead may remove it: by then another one may have removed it and taken the lock.
    const removal = takeFile(`${file.replace(/\.[0-9a-f]{16}$/, '')}.${digest}`);
    if (typeof removal !== 'function') return 'busy';
    removeIf(file, there);
    removal();
  }
}

/** Removes what killed processes left beside a folder's lock; for its holder. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^lock\.[\w.-]+$/.test(name)) continue;
    const file = join(folder, name);
    const text = textOf(file);
    const holder = text === undefined ? undefined : holderIn(text);
    if (holder && !isAlive(holder)) rmSync(file, { force: true });
  }
}

/**
 * Writes it aside and links it: a file that is there is never without its
 * text, and a link takes no other's place.
 */
function created(file: string, text: string): boolean {
  const aside = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(aside, text, { mode: privateFile, flag: 'wx' });
    linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function removeIf(file: string, text: string): void {
  if (textOf(file) === text) rmSync(file, { force: true });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text);
    return typeof holder?.pid === 'number' ? { ...holder, since: Number(holder.since) || 0 } : undefined;
  } catch {
    return undefined;
  }
}
