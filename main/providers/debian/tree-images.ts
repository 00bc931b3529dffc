import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import type { CachedImage } from '../capabilities.ts';
import { runAsOwnRoot } from '../host/own-root.ts';
import { quote, runScript } from '../host/root-script.ts';
import { stateHome } from '../host/state-home.ts';
import { treesFolder } from './base-tree.ts';

type Context = Pick<RunContext, 'signal' | 'cacheDir'>;

/** Sets `used`, the paths of all builds of trees that clusters of this main host lie over, a line each. */
const findUsed = `used=$(readlink ${stateHome}/*/*/tree* 2>/dev/null || :)
is_used() { [[ $'\\n'$used$'\\n' == *$'\\n'$1$'\\n'* ]]; }`;

/**
 * The base trees that are kept, each with all its builds: an older one stays for as long as nodes lie over it. Their
 * sizes are what they take on the disk.
 */
export async function listTrees(ctx: Context): Promise<readonly CachedImage[]> {
  const script = `
cd ${quote(treesFolder(ctx.cacheDir))} 2>/dev/null || exit 0
folder=$(pwd -P)
${findUsed}
for lock in *.lock; do
  name=\${lock%.lock} state=free
  builds=($name.[0-9]*)
  [ \${#builds[@]} -gt 0 ] || continue
  for build in "\${builds[@]}"; do if is_used "$folder/$build"; then state=used; fi; done
  printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$name" "$(du -sc --block-size=1 -- "\${builds[@]}" 2>/dev/null | tail -n 1 | cut -f 1)" \\
    "$(stat -c %Y "$lock")" $state "$(cat "$name.about" 2>/dev/null || :)"
done`;
  const failure = { message: `could not look at the trees in ${treesFolder(ctx.cacheDir)}` };
  // As ourselves: who has no root may have trees too, and sees all but a few of their files.
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
export async function removeTree(id: string, ctx: Context): Promise<void> {
  // The lock stays: whoever waits for it would else hold one that nobody else sees.
  const script = `
cd ${quote(treesFolder(ctx.cacheDir))} 2>/dev/null || exit 3
folder=$(pwd -P) name=${quote(id)}
[ -e "$name.lock" ] || exit 3
exec 8>>"$name.lock"; flock -n 8 || die 'it is being built, or a cluster is being made of it'
${findUsed}
builds=("$name".[0-9]*)
for build in "\${builds[@]}"; do
  if is_used "$folder/$build"; then die 'machines that exist lie over it'; fi
done
rm -f "$name" "$name.about"
rm -rf --one-file-system -- "\${builds[@]}"`;
  const known = /^[a-z][a-z0-9.-]*-[0-9a-f]{16}$/.test(id);
  if (!known) throw new ShakedownError({ message: `there is no image '${id}'`, hint: 'shakedown images' });
  await runAsOwnRoot(script, {
    signal: ctx.signal,
    failure: { message: `could not remove the image ${id}` },
    explain: (stderr) =>
      /machines that exist/.test(stderr)
        ? { message: `the image ${id} is in use`, hint: "'shakedown down' or 'shakedown reap' first" }
        : {},
  });
}
