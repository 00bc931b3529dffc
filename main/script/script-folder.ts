import { ShakedownError } from '../../common/errors.ts';
import { unwound } from '../../common/unwound.ts';
import { shellFile } from '../providers/host/shell-file.ts';
import type { Remote } from '../remotes/remote.ts';

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
  readonly base: string;
  readonly root: boolean;
  /** What the script leaves running is to be ended: it gets a control group, where one can be made. */
  readonly grouped: boolean;
}

/** Seconds in which the machine ends what was left running. */
const leaveWithin = 20;

/**
 * Makes the folder. A process on the machine holds it until its channel closes, be it by our word or because
 * we are dead: borrowed machines are then as they were.
 */
export async function makeScriptFolder(
  remote: Remote,
  { base, root, grouped }: FolderOptions,
): Promise<ScriptFolder> {
  const script = shellFile(import.meta.dirname, 'shell/hold-folder.sh', { base, grouped });
  const holder = await remote.spawn(script, { root });
  let wrong = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    wrong += chunk;
  });
  const made = new Promise<undefined>((resolve) => holder.stdout.once('data', () => resolve(undefined)));
  const failed = await Promise.race([made, holder.ended]);
  if (remote.lost.aborted) throw remote.lost.reason;
  if (failed) {
    throw new ShakedownError({
      message: `the folder ${base} could not be made on the machine`,
      lastLines: wrong.trim().split('\n').slice(-5),
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
