import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { CachedImage } from '../capabilities.ts';
import { runAsOwnRoot } from '../host/own-root.ts';
import { runScript } from '../host/root-script.ts';
import { shellFile } from '../host/shell-file.ts';
import { stateHome } from '../host/state-home.ts';
import { treesFolder } from './base-tree.ts';

type Context = Pick<RunContext, 'signal' | 'cacheDir'>;

/**
 * The base trees that are kept, each with all its builds: an older one stays for as long as nodes lie over
 * it. Their sizes are what they take on the disk.
 */
export const listTrees = (ctx: Context): Promise<readonly CachedImage[]> =>
  listBuilds(treesFolder(ctx.cacheDir), ctx);

/** The same for any folder with builds, links and locks as that of the trees has. */
export async function listBuilds(
  trees: string,
  ctx: Pick<Context, 'signal'>,
): Promise<readonly CachedImage[]> {
  const values = { trees, state_home: stateHome };
  const failure = { message: `could not look at what is kept in ${trees}` };
  // As ourselves: who has no root may have trees too, and sees all but a few of their files.
  const script = shellFile(import.meta.dirname, 'list-trees.sh', values);
  const printed = await runScript([], script, { signal: ctx.signal, failure });
  return printed.split('\n').flatMap((line) => {
    const [id, bytes, seconds, state, about] = line.split('\t');
    if (id === undefined || bytes === undefined) return [];
    const description = about || id.replace(/-[0-9a-f]+$/, '');
    const lastUsed = Number(seconds) * 1000;
    return [{ id, description, bytes: Number(bytes), lastUsed, inUse: state === 'used' }];
  });
}

/** Removes a tree. Throws ShakedownError when there is none of that id, or nodes lie over it. */
export const removeTree = (id: string, ctx: Context): Promise<void> =>
  removeBuilds(treesFolder(ctx.cacheDir), id, ctx);

/** The same in any folder as that of the trees. */
export async function removeBuilds(trees: string, id: string, ctx: Pick<Context, 'signal'>): Promise<void> {
  const known = /^[a-z][a-z0-9.-]*-[0-9a-f]{16}$/.test(id);
  if (!known) throw new ShakedownError({ message: `there is no image '${id}'`, hint: 'shakedown images' });
  const values = { trees, name: id, state_home: stateHome };
  await runAsOwnRoot(shellFile(import.meta.dirname, 'remove-tree.sh', values), {
    signal: ctx.signal,
    failure: { message: `could not remove the image ${id}` },
    explain: (stderr) =>
      /machines that exist/.test(stderr)
        ? { message: `the image ${id} is in use`, hint: "'shakedown down' or 'shakedown reap' first" }
        : {},
  });
}
