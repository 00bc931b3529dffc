import type { Writable } from 'node:stream';
import { execa } from 'execa';

/** A tar that unpacks what is written to `stdin`. */
export interface Unpacking {
  readonly stdin: Writable;
  /** What it said on stderr, up to a bound, when it has ended. */
  readonly ended: Promise<string>;
  /** Whether it was ended because there were more than `maxFiles` files, links and folders. */
  tooMany(): boolean;
}

/** Bytes that are kept of what tar says. */
const mostSaid = 64 * 1024;

/**
 * GNU tar, as nobody in particular: no owners, no modes beyond the umask's,
 * messages in English, names as they are.
 */
export function unpackInto(directory: string, maxFiles: number): Unpacking {
  // It lists what it unpacks, a line each, so that it can be counted.
  const options = ['-x', '-v', '--no-same-owner', '--no-same-permissions', '-f', '-', '-C', directory];
  const child = execa('tar', options, {
    reject: false,
    buffer: false,
    stdin: 'pipe',
    env: { LC_ALL: 'C.UTF-8' },
  });
  let files = 0;
  let cut = false;
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === newline) files += 1;
    if (files <= maxFiles || cut) return;
    cut = true;
    // With an error, for whoever writes to it waits for nothing else.
    child.stdin.destroy(new Error(`more than ${maxFiles} files`));
    child.kill('SIGKILL');
  });
  const said: Buffer[] = [];
  let size = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    if (size < mostSaid) said.push(chunk.subarray(0, mostSaid - size));
    size += chunk.length;
  });
  return {
    stdin: child.stdin,
    ended: child.then(() => Buffer.concat(said).toString('utf8')),
    tooMany: () => cut,
  };
}

const newline = 0x0a;
