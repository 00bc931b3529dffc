import { type Found, isEngine } from './docker-engine.ts';
import type { Engine } from './engine.ts';

/**
 * ms: longer than from the first look of a run to its last machine, and too short for other engines to come.
 */
const lifetime = 60_000;

/** What decides which engine answers (docker(1), its variables). */
const variables = ['PATH', 'HOME', 'DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'XDG_RUNTIME_DIR'];

const known = new Map<string, { readonly engine: Engine; readonly at: number }>();

/**
 * The engine of this kind that was found a moment ago, with this environment, or else what
 * `find` finds: who makes machines asks at several places. That there is none is not remembered:
 * it may be installed or started meanwhile.
 */
export async function remembered(kind: Engine['kind'], find: () => Promise<Found>): Promise<Found> {
  const key = JSON.stringify([kind, ...variables.map((name) => process.env[name])]);
  const last = known.get(key);
  if (last && performance.now() - last.at < lifetime) return last.engine;
  const found = await find();
  if (isEngine(found)) known.set(key, { engine: found, at: performance.now() });
  return found;
}
