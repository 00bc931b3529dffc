import type { Readable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { unwound } from '../../../common/unwound.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import type { Remote } from '../../remotes/remote.ts';

/**
 * A folder of ours on a machine. Disposing of it ends all that runs from it and
 * removes it, unless it shall stay.
 */
export interface ScriptFolder extends AsyncDisposable {
  /** Where the script starts. */
  readonly work: string;
  readonly base: string;
  /** It stays, with what is in it and what was started. */
  keep(): void;
}

interface FolderOptions {
  /** What it is called, wherever it is made. */
  readonly name: string;
  readonly root: boolean;
  /** What the script leaves running is to be ended: it gets a control group, where one can be made. */
  readonly grouped: boolean;
}

/** Seconds in which the machine ends what was left running. */
const leaveWithin = 20;

/**
 * Makes the folder: in /var/tmp, or in another place where that is full, mounted `noexec` or for reading
 * only. Throws ShakedownError with what is wrong with each. A process on the machine holds it until its
 * channel closes, be it by our word or because we are dead: borrowed machines are then as they were.
 */
export async function makeScriptFolder(
  remote: Remote,
  { name, root, grouped }: FolderOptions,
): Promise<ScriptFolder> {
  const script = shellFile(import.meta.dirname, 'shell/hold-folder.sh', { name, grouped });
  const holder = await remote.spawn(script, { root });
  let wrong = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    wrong += chunk;
  });
  const made = firstLine(holder.stdout);
  const said = await Promise.race([made, holder.ended.then(() => '')]);
  if (remote.lost.aborted) throw remote.lost.reason;
  const base = /^made (.+)$/.exec(said)?.[1];
  if (base === undefined) {
    throw new ShakedownError({
      message: 'there is no place on the machine for the script and its folder',
      lastLines: wrong.trim().split('\n').slice(-5),
      hint: 'make one of them such that files can be written there and programs run from there: look at `mount` and `df -h`',
    });
  }
  let word = '';
  return {
    base,
    work: `${base}/work`,
    keep: () => {
      word = 'keep\n';
    },
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end(word);
      await unwound(holder.ended, leaveWithin);
    },
  };
}

/** What a stream says up to its first line's end, and never anything where there is none. */
function firstLine(stream: Readable): Promise<string> {
  let said = '';
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')));
    });
  });
}
