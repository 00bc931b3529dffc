import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import { shellQuote } from '../../remotes/commands/shell-line.ts';
import type { Remote } from '../../remotes/remote.ts';
import type { ReadScript } from '../read-script.ts';
import type { ScriptFolder } from './script-folder.ts';

/** What is to be put on a machine. */
export interface Parcel {
  readonly script: ReadScript;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder to take along; absolute. */
  readonly with?: string;
  /** The script's path below it, where it lies there: it is started from there. */
  readonly inside?: string;
  readonly tty: boolean;
}

/** Sends the script and what goes with it; gives the launcher's path. */
export async function sendScript(
  remote: Remote,
  { base, work }: Pick<ScriptFolder, 'base' | 'work'>,
  { script, with: folder, inside, args, env, tty }: Parcel,
  options: { readonly root: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const path = inside === undefined ? `${base}/${safeName(script.name)}` : `${work}/${inside}`;
  const send = async () => {
    if (folder !== undefined) {
      await remote.upload(folder, work, { ...options, entries: await entriesOf(folder) });
    }
    await write(remote, path, script.content, options);
  };
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  const command = `${[path, ...args].map(shellQuote).join(' ')}${tty ? '' : ' </dev/null'}`;
  const values = { base, work, environment: exports.join('\n'), command };
  const launcher = shellFile(import.meta.dirname, 'shell/launch.sh', values);
  await Promise.all([send(), write(remote, `${base}/launch`, launcher, options)]);
  return `${base}/launch`;
}

/** Not one of those that we use ourselves. */
const safeName = (name: string): string =>
  ['launch', 'work', 'group', 'cgroup', 'held', 'left'].includes(name) ? `script-${name}` : name;

async function write(
  remote: Remote,
  path: string,
  stdin: string | Buffer,
  options: { readonly root: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const target = shellQuote(path);
  const { exitCode, stderr } = await remote.exec(`cat > ${target} && chmod 755 ${target}`, {
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
