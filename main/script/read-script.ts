import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { shellQuote } from '../remotes/commands/shell-line.ts';

/** A script that is fit to be sent. */
export interface ReadScript {
  /** As its file is called; `script` when it was given as text. */
  readonly name: string;
  /** Absolute; absent for text. */
  readonly file?: string;
  readonly content: Buffer;
  /** The program that its first line names, without arguments: `/bin/sh`, `python3` (for env). */
  readonly interpreter?: string;
}

/** Bytes; what is bigger is no script. */
const largest = 64 * 1024 ** 2;

/**
 * Reads a script and finds what would keep it from running: a file that is missing, a folder, or unreadable,
 * DOS line ends or a byte order mark where the kernel reads the interpreter's name (execve(2)). Throws
 * UsageError. It need be neither executable nor have a `#!` line: it is made executable on its way, and
 * without one it is sh's, as in a shell.
 */
export function readScript(given: string | { readonly text: string }, directory: string): ReadScript {
  if (typeof given !== 'string') return judged({ name: 'script', content: Buffer.from(given.text) });
  const file = resolve(directory, given);
  return judged({ name: basename(file), file, content: contentOf(file) });
}

function contentOf(file: string): Buffer {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK a named pipe that nobody writes to would keep us for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      throw new UsageError(
        `${file} is ${stats.isDirectory() ? 'a folder' : 'a pipe or a device'}, not a script.`,
      );
    if (stats.size > largest) {
      throw new UsageError(`${file} has ${Math.round(stats.size / 1024 ** 2)} MiB: too big for a script.`, {
        hint: 'take it along with --with, and start it from a small script',
      });
    }
    return readFileSync(descriptor);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no script ${file}.`);
    throw new UsageError(`${file} cannot be read: ${code === 'EACCES' ? 'permission denied' : message}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function judged(script: ReadScript): ReadScript {
  const { name, file, content } = script;
  const head = content.subarray(0, 4096).toString('latin1');
  const [first = ''] = head.split('\n', 1);
  const itself = file === undefined ? 'FILE' : shellQuote(file);
  if (head.startsWith('\xef\xbb\xbf')) {
    throw new UsageError(`${name} begins with a byte order mark, so that its '#!' line is not seen.`, {
      hint: `sed -i '1s/^\\xef\\xbb\\xbf//' ${itself}`,
    });
  }
  if (first.endsWith('\r') && !head.includes('\0')) {
    const sought = first.startsWith('#!')
      ? `: the machine would look for '${first.slice(2, -1).trim()}\\r'`
      : '';
    throw new UsageError(`${name} has DOS line ends (CR LF)${sought}.`, {
      hint: `sed -i 's/\\r$//' ${itself}`,
    });
  }
  const interpreter = interpreterOf(first);
  return interpreter === undefined ? script : { ...script, interpreter };
}

/** From `#!/usr/bin/env -S python3 -u` it is python3. */
function interpreterOf(line: string): string | undefined {
  const [program, ...args] = /^#!\s*(.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? [];
  if (program === undefined || program === '') return undefined;
  if (basename(program) !== 'env') return program;
  return args.find((arg) => !arg.startsWith('-') && !arg.includes('='));
}
