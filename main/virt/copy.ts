import { constants, createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { ShakedownError } from '../../common/errors.ts';
import { shellQuote } from '../remotes/commands/shell-line.ts';
import type { Remote, TransferOptions } from '../remotes/remote.ts';

/** Both name a folder, by a slash at the end, or both a file. Throws ShakedownError for anything else. */
function isFolder(from: string, to: string): boolean {
  const folders = [from, to].map((path) => path.endsWith('/'));
  if (from !== '' && to !== '' && folders[0] === folders[1]) return folders[0] === true;
  throw new ShakedownError({
    message: `'${from}' and '${to}' must both end in a slash, for folders, or neither, for files`,
  });
}

/**
 * A file or folder of the main host to the machine; a folder is merged with one
 * that is there. Throws ShakedownError.
 */
export async function copyDown(
  remote: Remote,
  from: string,
  to: string,
  options: TransferOptions,
): Promise<void> {
  if (isFolder(from, to)) {
    await mustBe(from, (stats) => stats.isDirectory(), 'a folder');
    return remote.upload(from, to, options);
  }
  const { mode } = await mustBe(from, (stats) => stats.isFile(), 'a file');
  const place = shellQuote(to);
  const line = `cat >${place}${mode & 0o111 ? ` && chmod +x -- ${place}` : ''}`;
  const result = await remote.exec(line, { ...options, stdin: createReadStream(from) });
  if (result.exitCode !== 0) throw failed(`${from} could not be copied to ${to} on the machine`, result);
}

/** The same, home. What came and could not be taken as it was (sockets, devices) is told by `note`. */
export async function copyUp(
  remote: Remote,
  from: string,
  to: string,
  { note, ...options }: TransferOptions & { note: (line: string) => void },
): Promise<void> {
  const folder = isFolder(from, to);
  const there = await remote.exec(['test', folder ? '-d' : '-f', from], options);
  if (there.exitCode !== 0) {
    throw failed(`there is no ${folder ? 'folder' : 'file'} ${from} on the machine`, there);
  }
  if (folder) {
    const { problems } = await remote.download([from], to, { ...options, base: from });
    for (const problem of problems) note(problem);
    return;
  }
  // A folder that came home earlier may have a link there, which the machine would write through.
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  const handle = await open(to, flags).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ELOOP' ? 'it is a link' : error.message;
    throw new ShakedownError({ message: `${to} cannot be written: ${why}` });
  });
  const file = handle.createWriteStream();
  try {
    const result = await remote.exec(['cat', '--', from], { ...options, stdoutTo: file });
    if (result.exitCode !== 0) throw failed(`${from} could not be read on the machine`, result);
  } finally {
    file.end();
    await finished(file).catch(() => undefined);
  }
}

async function mustBe(
  path: string,
  is: (stats: Awaited<ReturnType<typeof stat>>) => boolean,
  what: string,
): Promise<{ mode: number }> {
  const stats = await stat(path).catch(() => undefined);
  if (stats && is(stats)) return { mode: Number(stats.mode) };
  throw new ShakedownError({ message: `${path} is not ${what} on the main host` });
}

const failed = (message: string, { exitCode, stderr }: { exitCode: number | null; stderr: string }) =>
  new ShakedownError({ message, exitCode, lastLines: stderr.trim().split('\n').filter(Boolean).slice(-5) });
