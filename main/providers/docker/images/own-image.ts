import { homedir } from 'node:os';
import { printedBy } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { type Engine, engineValues, runEngine, succeeds } from '../engines/engine.ts';
import type { ImageContext } from './image.ts';

/**
 * An image of the user's own, by its name: one that is there, in our Podman's storage or the user's, else
 * pulled. Gives the name to use. Throws ShakedownError when it can be had from nowhere.
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
  const script = shellFile(import.meta.dirname, 'take-from-user.sh', {
    storage: `${storage}/containers/storage`,
    image: name,
    ...engineValues(engine),
  });
  return (await printedBy(script, signal)).includes('taken');
}
