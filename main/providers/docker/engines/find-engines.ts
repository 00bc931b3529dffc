import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { ShakedownError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import type { ProbeResult } from '../../provider.ts';
import { podmanPaths } from '../names.ts';
import { type Found, findDocker, isEngine } from './docker-engine.ts';
import type { Engine } from './engine.ts';
import { findPodman } from './find-podman.ts';
import { podmanEngine } from './podman-engine.ts';
import { remembered } from './remembered.ts';

/** The engine to make machines with: the one that is asked for, else Docker where it answers, else Podman. */
export async function chooseEngine(signal: AbortSignal, wanted?: 'docker' | 'podman'): Promise<Engine> {
  const found = await findBoth(signal, wanted);
  const engine = found.find(isEngine);
  if (engine) return engine;
  const missing = found.flatMap((each) => (isEngine(each) ? [] : (each.missingPackages ?? [])));
  throw new ShakedownError({
    message: `no container engine can be used here: ${reasons(found)}`,
    phase: 'machines',
    hint:
      missing.length > 0 ? `apt-get install ${missing.join(' ')}` : "'shakedown doctor' says how to mend it",
  });
}

/**
 * Every engine that may hold clusters of ours: Podman's only if it was ever used. For a cluster `of` which
 * it is known where it was made, Docker is asked there too, and for one of Podman's not at all.
 */
export async function enginesInUse(
  signal: AbortSignal,
  of?: { readonly kind: string; readonly host?: string | undefined },
): Promise<readonly Engine[]> {
  const environments = of?.kind === 'podman' ? [] : [{}, ...(of?.host ? [{ DOCKER_HOST: of.host }] : [])];
  const [found, podman] = await Promise.all([
    // Asked anew: nothing would be found, or taken away, in one that has stopped since.
    Promise.all(environments.map((env) => findDocker(signal, env))),
    podmanUsed(signal),
  ]);
  const dockers = found.filter(isEngine);
  const distinct = dockers.filter(
    (engine, index) => dockers.findIndex(({ env }) => env.DOCKER_HOST === engine.env.DOCKER_HOST) === index,
  );
  return podman ? [...distinct, podmanEngine()] : distinct;
}

/** It may have been removed since. */
async function podmanUsed(signal: AbortSignal): Promise<boolean> {
  if (!existsSync(podmanPaths().storage)) return false;
  const options = { reject: false, stdin: 'ignore', cancelSignal: signal } as const;
  return (await execa('podman', ['--version'], options)).exitCode === 0;
}

/** Whether containers can be made here, and why not; with the packages that the image is built by. */
export async function probeEngines(signal: AbortSignal): Promise<ProbeResult> {
  const found = await findBoth(signal);
  const tools = missingTools();
  const engine = found.find(isEngine);
  if (engine && tools.length === 0) return { ok: true, ...aboutEngine(engine) };
  const missing = found.flatMap((each) => (isEngine(each) ? [] : (each.missingPackages ?? [])));
  if (engine) {
    return {
      ok: false,
      reason: `${tools.join(', ')} missing, which the image is built by: apt-get install ${tools.join(' ')}`,
      missingPackages: tools,
    };
  }
  // What a Podman would have that is not there yet.
  const { lacks } = aboutEngine(podmanEngine());
  return {
    ok: false,
    reason: reasons(found),
    missingPackages: [...missing, ...tools],
    ...present({ lacks }),
  };
}

/** What is to be known of machines of an engine. */
export function aboutEngine({ kind, init, reach }: Engine): Pick<ProbeResult, 'note' | 'lacks'> {
  const name = { docker: 'by Docker', podman: 'by Podman' }[kind];
  return {
    note: reach === 'ports' ? `${name} without root: what listens on them is reached by ssh` : name,
    ...(init === 'systemd'
      ? {}
      : {
          lacks:
            'no systemd: without root that takes cgroups of version 2, and a systemd on this machine that hands them to the user',
        }),
  };
}

const missingTools = (): readonly string[] =>
  [
    ['/usr/bin/mmdebstrap', 'mmdebstrap'],
    ['/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'],
  ].flatMap(([file = '', name = '']) => (existsSync(file) ? [] : [name]));

async function findBoth(signal: AbortSignal, wanted?: 'docker' | 'podman'): Promise<readonly Found[]> {
  const finders = { docker: () => findDocker(signal), podman: () => findPodman(signal) };
  const names = wanted ? [wanted] : (['docker', 'podman'] as const);
  return Promise.all(names.map((name) => remembered(name, finders[name])));
}

const reasons = (found: readonly Found[]): string =>
  found.flatMap((each) => (isEngine(each) ? [] : [each.reason])).join('; ');
