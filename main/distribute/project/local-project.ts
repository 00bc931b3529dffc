import { join } from 'node:path';
import type { Build } from '../build/build.ts';
import { type Manifest, makeManifest, withMore } from './manifest.ts';
import type { LocalProject } from './send-project.ts';

export interface LocalProjectOptions {
  readonly directory: string;
  /** Its files, looked for anew. */
  readonly list: () => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  /** What is built of it, and how that is begun: before anything is sent. */
  readonly built: { readonly build: Build; readonly begin: (project: Manifest) => Promise<void> } | undefined;
}

/** ms for which a look at the files is shared: nodes are sent them together. */
const sharedFor = 2000;

/** A project with what was built of it. Its files are read again only by who asks a while later. */
export function localProject({ directory, list, signal, built }: LocalProjectOptions): LocalProject {
  const memory = join(directory, '.shakedown/distribute/digests.json');
  let look: { readonly at: number; readonly manifest: Promise<Manifest> } | undefined;
  let begun: Promise<void> | undefined;
  const own = () => {
    if (look && performance.now() - look.at < sharedFor) return look.manifest;
    const reading = list().then((paths) => makeManifest(directory, paths, memory, signal));
    look = { at: performance.now(), manifest: reading };
    return reading;
  };
  const manifest = async () => {
    const project = await own();
    if (!built) return project;
    begun ??= built.begin(project);
    await begun;
    const { made } = built.build;
    return made ? withMore(project, made) : project;
  };
  return { manifest };
}
