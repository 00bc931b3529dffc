import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import { shellQuote } from '../remotes/shell-line.ts';
import { refuseSudo } from '../remotes/sudo-refusal.ts';
import { launcherText } from './launcher.ts';
import type { ReadScript } from './read-script.ts';

/** What is to be put on a machine. */
export interface Parcel {
  readonly script: ReadScript;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder to take along; absolute. */
  readonly with?: string;
  /** The script's path below it, where it lies there: it is started at its own place. */
  readonly inside?: string;
  readonly tty: boolean;
}

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
 * Makes the folder. It is held by a process on the machine that reads until its channel closes: for our word, or
 * because we are dead. Then it ends the script and removes the folder, which borrowed machines need.
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

/** Sends the script and what goes with it; gives the launcher's path. */
export async function fillPlace(
  remote: Remote,
  { base, work }: Place,
  { script, with: folder, inside, ...parcel }: Parcel,
  options: { readonly root: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const path = inside === undefined ? `${base}/${safeName(script.name)}` : `${work}/${inside}`;
  const sendScript = async () => {
    if (folder !== undefined) {
      await remote.upload(folder, work, { ...options, entries: await entriesOf(folder) });
    }
    await write(remote, path, script.content, options);
  };
  const launcher = launcherText({ base, work, script: path, ...parcel });
  await Promise.all([sendScript(), write(remote, `${base}/launch`, launcher, options)]);
  return `${base}/launch`;
}

/** Not one of those that we use ourselves. */
const safeName = (name: string): string =>
  ['launch', 'work', 'group', 'held'].includes(name) ? `script-${name}` : name;

async function write(
  remote: Remote,
  path: string,
  stdin: string | Buffer,
  options: { readonly root: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const place = shellQuote(path);
  const { exitCode, stderr } = await remote.exec(`cat > ${place} && chmod 755 ${place}`, {
    ...options,
    stdin,
  });
  if (exitCode === 0) return;
  throw new ShakedownError({
    message: `${path} could not be written on the machine`,
    lastLines: [stderr.trim()],
  });
}

/** All that is in a folder but what our own runs keep there. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const top = await readdir(folder, { withFileTypes: true });
  const entries: string[] = [];
  for (const entry of top) {
    if (entry.name === '.shakedown') continue;
    const target = entry.isSymbolicLink() ? await readlink(join(folder, entry.name)) : '';
    if (target.startsWith('.shakedown/')) continue;
    entries.push(entry.name);
    if (!entry.isDirectory()) continue;
    const below = await readdir(join(folder, entry.name), { recursive: true });
    entries.push(...below.map((path) => join(entry.name, path)));
  }
  return entries;
}
