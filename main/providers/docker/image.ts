import { readlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import { ensureBaseTree } from '../debian/base-tree.ts';
import { quote, runScript } from '../host/root-script.ts';
import type { DockerSettings } from './docker-options.ts';
import { type Engine, engineFunction, runEngine, succeeds } from './engine.ts';
import { explainEngine } from './explain-engine.ts';
import { imageRepository, stateRoot, treeLabel } from './names.ts';

type ImageContext = Pick<RunContext, 'signal' | 'cacheDir' | 'emit' | 'log'>;

/**
 * Where trees are built and read: as root, or in a user namespace with the user's own range of ids, whose root makes
 * files that are root's in the image (unshare(1), subuid(5)).
 */
const namespace = (): readonly string[] =>
  process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user', '--map-auto'];

/**
 * The image for machines of one operating system, imported from its base tree; again when the tree is a newer one.
 * Gives its name. Throws ShakedownError.
 */
export async function ensureImage(
  engine: Engine,
  settings: Pick<DockerSettings, 'os' | 'packages' | 'mirror'>,
  rebuild: boolean,
  ctx: ImageContext,
): Promise<string> {
  const tree = await ensureBaseTree(settings, rebuild, ctx, (script, options) =>
    runScript(namespace(), script, options),
  );
  const build = basename(await readlink(tree));
  const name = `${imageRepository}:${basename(tree)}`;
  const before = await labelOf(engine, name, ctx.signal);
  if (before === build) return name;
  ctx.emit({ type: 'note', phase: 'machines', message: `importing the ${settings.os} image (once)` });
  await runScript([], importScript(engine, tree, name), {
    signal: ctx.signal,
    failure: { message: `could not import the ${settings.os} image into ${engine.kind}`, phase: 'machines' },
    explain: explainEngine,
  });
  return name;
}

const labelFormat = `{{index .Config.Labels "${treeLabel}"}}`;

async function labelOf(engine: Engine, name: string, signal: AbortSignal): Promise<string> {
  const inspect = ['image', 'inspect', '--format', labelFormat, name];
  if (!(await succeeds(engine, inspect, signal))) return '';
  return (await runEngine(engine, inspect, { signal, failure: { message: `no image ${name}` } })).trim();
}

/** Two that want it at once import it once; the tree stays while it is read. */
function importScript(engine: Engine, tree: string, name: string): string {
  const [lock, image] = [quote(`${tree}.lock`), quote(name)];
  const read = [...namespace(), 'tar', '--numeric-owner', '--exclude=./dev/*', '--exclude=./proc/*'];
  return `
${engineFunction(engine)}
mkdir -p ${quote(stateRoot())}
exec 6>>${quote(`${stateRoot()}/import.lock`)}; flock 6
exec 8>>${lock}; flock -s 8
build=$(readlink ${quote(tree)})
old=$(engine image inspect --format '{{.Id}}' ${image} 2>/dev/null || :)
if [ "$(engine image inspect --format ${quote(labelFormat)} ${image} 2>/dev/null)" = "$build" ]; then exit 0; fi
set -o pipefail
${read.map(quote).join(' ')} -C ${quote(`${tree}/`)} -c . |
  engine import -c "LABEL ${treeLabel}=$build" -c 'CMD ["/sbin/init"]' - ${image} >&2
if [ -n "$old" ]; then engine image rm "$old" >/dev/null 2>&1 || :; fi
`;
}

/**
 * An image of the user's own, by its name: one that is there, in our Podman's storage or the user's, else pulled.
 * Gives the name to use. Throws ShakedownError when it can be had from nowhere.
 */
export async function ensureOwnImage(engine: Engine, wanted: string, ctx: ImageContext): Promise<string> {
  const names = engine.kind === 'docker' ? [wanted] : [wanted, `localhost/${wanted}`, registryName(wanted)];
  for (const name of names) {
    if (await succeeds(engine, ['image', 'inspect', name], ctx.signal)) return name;
  }
  if (engine.kind === 'podman' && (await takeFromUser(engine, wanted, ctx.signal))) return wanted;
  ctx.emit({ type: 'note', phase: 'machines', message: `pulling the image ${wanted}` });
  const name = engine.kind === 'docker' ? wanted : registryName(wanted);
  await runEngine(engine, ['pull', '--quiet', name], {
    signal: ctx.signal,
    failure: {
      message: `there is no image '${wanted}' on this main host, and it could not be pulled`,
      phase: 'machines',
      hint: `correct 'image' of the machines, log in to its registry, or leave 'image' out: one is then built of Debian packages`,
    },
  });
  return name;
}

/** Names without a registry mean Docker Hub's (github.com/distribution/reference); Podman would ask which. */
export function registryName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const registry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (registry) return name;
  return rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`;
}

/** The user's own Podman has its images apart from ours; one of them is copied. */
async function takeFromUser(engine: Engine, name: string, signal: AbortSignal): Promise<boolean> {
  const storage = process.getuid?.() === 0 ? '/var/lib' : `${homedir()}/.local/share`;
  const podman = `podman --root ${quote(`${storage}/containers/storage`)}`;
  const script = `
[ -e ${quote(`${storage}/containers/storage`)} ] || exit 0
${podman} image exists ${quote(name)} || exit 0
${engineFunction(engine)}
${podman} image save ${quote(name)} | engine image load >&2 && echo taken`;
  const { stdout } = await execa('bash', ['-c', script], { cancelSignal: signal, reject: false });
  signal.throwIfAborted();
  return stdout.includes('taken');
}

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
