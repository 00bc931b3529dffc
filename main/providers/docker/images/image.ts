import { mkdir, readlink, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { ensureBaseTree } from '../../debian/base-tree.ts';
import { inUserNamespace } from '../../host/own-root.ts';
import { runScript } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import type { DockerSettings } from '../docker-options.ts';
import { type Engine, engineValues, runEngine, succeeds } from '../engines/engine.ts';
import { explainEngine } from '../engines/explain-engine.ts';
import { imageRepository, stateRoot, treeLabel } from '../names.ts';

export type ImageContext = Pick<RunContext, 'signal' | 'cacheDir' | 'emit' | 'log'>;

/**
 * Where trees are built and read: as root, or in a user namespace with the user's own range of ids, whose
 * root makes files that are root's in the image (unshare(1), subuid(5)).
 */
const namespace = (): readonly string[] => (process.getuid?.() === 0 ? [] : inUserNamespace);

/**
 * The image for machines of one operating system, imported from its base tree; again when the tree is a
 * newer one. Gives its name. Throws ShakedownError.
 */
export async function ensureImage(
  engine: Engine,
  settings: Pick<DockerSettings, 'os' | 'packages' | 'mirror'>,
  rebuild: boolean,
  ctx: ImageContext,
): Promise<string> {
  const { tree, build } = await baseTreeBuild(settings, rebuild, ctx);
  const name = `${imageRepository}:${basename(tree)}`;
  const before = await labelOf(engine, name, ctx.signal);
  await noteUse(basename(tree));
  if (before === build) return name;
  ctx.emit({ type: 'note', phase: 'machines', message: `importing the ${settings.os} image (once)` });
  await runScript([], importScript(engine, tree, name), {
    signal: ctx.signal,
    failure: { message: `could not import the ${settings.os} image into ${engine.kind}`, phase: 'machines' },
    explain: explainEngine,
  });
  return name;
}

/** The link to the tree that an image is imported from, and the name of its newest build. */
export async function baseTreeBuild(
  settings: Pick<DockerSettings, 'os' | 'packages' | 'mirror'>,
  rebuild: boolean,
  ctx: Pick<ImageContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<{ readonly tree: string; readonly build: string }> {
  const tree = await ensureBaseTree(settings, rebuild, ctx, (script, options) =>
    runScript(namespace(), script, options),
  );
  return { tree, build: basename(await readlink(tree)) };
}

/** Engines do not tell when an image was last used. */
const useNote = (tag: string): string => join(stateRoot(), 'used', tag);

export async function noteUse(tag: string): Promise<void> {
  await mkdir(join(stateRoot(), 'used'), { recursive: true });
  await writeFile(useNote(tag), '');
}

/** ms since the epoch; nothing for an image that was not used from here. */
export const lastUse = (tag: string): Promise<number | undefined> =>
  stat(useNote(tag)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );

const labelFormat = `{{index .Config.Labels "${treeLabel}"}}`;

async function labelOf(engine: Engine, name: string, signal: AbortSignal): Promise<string> {
  const inspect = ['image', 'inspect', '--format', labelFormat, name];
  if (!(await succeeds(engine, inspect, signal))) return '';
  return (await runEngine(engine, inspect, { signal, failure: { message: `no image ${name}` } })).trim();
}

const importScript = (engine: Engine, tree: string, name: string): string =>
  shellFile(import.meta.dirname, 'import-image.sh', {
    tree,
    image: name,
    tree_label: treeLabel,
    state_root: stateRoot(),
    namespace: namespace(),
    ...engineValues(engine),
  });

/** What an image runs by itself: its entry point and command (OCI image configuration). */
export async function commandOf(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failure = { message: `could not look at the image ${name}` };
  const format = '{{json .Config}}';
  const text = await runEngine(engine, ['image', 'inspect', '--format', format, name], { signal, failure });
  const config: { Entrypoint?: string[] | string | null; Cmd?: string[] | null } | null = JSON.parse(text);
  if (config === null) throw new ShakedownError({ message: `the image ${name} has no configuration` });
  return [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
}
