import { join } from 'node:path';
import type { Build } from '../build/build.ts';
import { type Manifest, makeManifest, withMore } from './manifest.ts';
import type { LocalProject } from './send-project.ts';
import { type Look, sharedLook } from './shared-look.ts';

export interface LocalProjectOptions {
  readonly directory: string;
  /** Its files, looked for anew. */
  readonly list: Look<readonly string[]>;
  readonly signal: AbortSignal;
  /** What is built of it, and how that is begun: before anything is sent. */
  readonly built: { readonly build: Build; readonly begin: (project: Manifest) => Promise<void> } | undefined;
}

/** A project with what was built of it. Its files are read again only by who asks a while later. */
export function localProject({ directory, list, signal, built }: LocalProjectOptions): LocalProject {
  const memory = join(directory, '.shakedown/distribute/digests.json');
  let begun: Promise<void> | undefined;
  const own = sharedLook(async (notBefore) => makeManifest(directory, await list(notBefore), memory, signal));
  const manifest = async (notBefore?: number) => {
    const project = await own(notBefore);
    if (!built) return project;
    begun ??= built.begin(project);
    await begun;
    const { made } = built.build;
    return made ? withMore(project, made) : project;
  };
  return { manifest };
}
