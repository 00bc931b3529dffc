import { ShakedownError } from '../../common/errors.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import { shellQuote } from '../remotes/shell-line.ts';
import { refuseSudo } from '../remotes/sudo-refusal.ts';

/** A folder of ours on a machine. Disposing of it removes it, where it is guarded. */
export interface Place extends AsyncDisposable {
  /** Where the script starts. */
  readonly work: string;
  readonly base: string;
  /** The machine's, when the folder was made (proc(5), boot_id). */
  readonly bootId: string;
  /** It stays, with what is in it. */
  keep(): void;
}

interface PlaceOptions {
  readonly base: string;
  readonly root: boolean;
  readonly user: string;
}

/**
 * Makes the folder. It is held by a process on the machine that reads until its channel closes: for our word,
 * or because we are dead. Then it ends the script and removes the folder, which borrowed machines need.
 */
export async function makePlace(remote: Remote, { base, root, user }: PlaceOptions): Promise<Place> {
  const guard = await remote.spawn(guardLine(base), { root });
  let [said, wrong] = ['', ''];
  guard.stderr.on('data', (chunk: Buffer) => {
    wrong += chunk;
  });
  const ready = new Promise<void>((resolve) => {
    guard.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('\n')) resolve();
    });
  });
  await Promise.race([
    ready,
    guard.ended.then(({ exitCode }) => refuse(exitCode, wrong, { base, root, user })),
  ]);
  if (remote.lost.aborted) throw remote.lost.reason;
  let word = '';
  return {
    base,
    work: `${base}/work`,
    bootId: said.trim(),
    keep: () => {
      word = 'keep\n';
    },
    [Symbol.asyncDispose]: () => leave(guard, word),
  };
}

async function leave(guard: RemoteProcess, word: string): Promise<void> {
  guard.stdin.end(word);
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, 20_000);
  await Promise.race([guard.ended, late.promise]);
  clearTimeout(timer);
}

function refuse(exitCode: number | null, said: string, { base, root, user }: PlaceOptions): never {
  if (root) refuseSudo(exitCode, said, user);
  throw new ShakedownError({
    message: `the folder ${base} could not be made on the machine`,
    lastLines: said.trim().split('\n').slice(-5),
  });
}

const guardLine = (folder: string): string => {
  const base = shellQuote(folder);
  return `trap '' HUP TERM INT; umask 077; mkdir ${base} && mkdir -m 755 ${base}/work || exit 1
cat /proc/sys/kernel/random/boot_id || echo unknown
read -r word; [ "$word" = keep ] && exit 0
read -r group < ${base}/group && kill -s KILL -- "-$group"
exec rm -rf ${base} 2>/dev/null`;
};
