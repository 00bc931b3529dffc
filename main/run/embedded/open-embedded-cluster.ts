import { resolve } from 'node:path';
import { present } from '../../../common/present.ts';
import { loadScenario, type ScenarioFlags } from '../../config/load.ts';
import type { Scenario } from '../../config/scenario.ts';
import { cacheDirectory } from '../../context/cache-directory.mjs';
import { chooseProvider } from '../../providers/choose.ts';
import type { Face } from '../../report/face.ts';
import { inFreeFolder } from '../folder/free-folder.ts';
import { realWorld } from '../world/real-world.ts';
import type { World } from '../world/world.ts';
import { holdCluster } from './hold-cluster.ts';
import type { OpenCluster, OpenClusterOptions } from './open-cluster-options.ts';
import { beforeSignalEnds } from './signal-end.ts';
import { listenToTests } from './test-hooks.ts';

/** What `openCluster` reaches outside; replaced in tests. */
export interface Embedding {
  readonly world: (directory: string, options: OpenClusterOptions) => World;
  readonly load: (folder: string, flags: ScenarioFlags, world: World) => Promise<Scenario>;
}

const real: Embedding = {
  world: worldIn,
  load: (folder, flags, { signal, cacheDir }) =>
    loadScenario(folder, flags, () => chooseProvider({ signal, cacheDir }), signal),
};

/** See `openCluster` in open-cluster.ts. */
export async function openEmbeddedCluster(
  folder: string,
  options: OpenClusterOptions,
  { world, load }: Embedding = real,
): Promise<OpenCluster> {
  const here = resolve(options.directory ?? '.');
  const flags = { cwd: here, ...flagsOf(options) };
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, ...(options.signal ? [options.signal] : [])]);
  const scenario = await load(resolve(folder), flags, world(here, { ...options, signal }));
  const opening = inFreeFolder(here, (directory) =>
    holdCluster({ scenario, flags, options }, world(directory, { ...options, signal })),
  );
  const ended = opening.then(
    (held) => held.ended,
    () => undefined,
  );
  const forget = beforeSignalEnds(() => {
    ending.abort();
    return ended;
  });
  void ended.then(forget);
  const { cluster } = await opening;
  if (options.hooks) {
    listenToTests(options.hooks, { failed: cluster.failed, over: () => cluster[Symbol.asyncDispose]() });
  }
  return cluster;
}

function flagsOf({ set = {}, provider, os, nodes, nodeFiles }: OpenClusterOptions): ScenarioFlags {
  const values = Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return { set: values, ...present({ provider, os, nodes, nodeFiles }) };
}

function worldIn(directory: string, { signal, onNote = () => undefined }: OpenClusterOptions): World {
  const face: Face = {
    handle: (event) => {
      if (event.type === 'note') onNote(event.message);
    },
    close: () => undefined,
  };
  const never = new AbortController().signal;
  return realWorld({
    directory,
    env: process.env,
    signal: signal ?? never,
    hurry: never,
    cacheDir: cacheDirectory(process.env),
    face,
    tell: onNote,
  });
}
