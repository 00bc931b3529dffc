import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAlive, type ProcessIdentity } from '../../../common/processes/process-identity.ts';
import { isClusterId } from '../cluster-id.ts';
import type { ListedCluster } from '../provider.ts';
import { type Engine, runEngine } from './engines/engine.ts';
import { clusterLabel, clusterNames, clusterOf, ownerLabel, stateRoot } from './names.ts';

/** What lies in `state.json`. */
export interface DockerState {
  readonly id: string;
  readonly owner: ProcessIdentity;
  readonly engine: { readonly kind: Engine['kind']; readonly host?: string };
}

/** One thing of an engine's that is ours: its name, and its maker as the label tells it. */
interface Found {
  readonly name: string;
  readonly owner?: string;
}

/**
 * All clusters of these engines, by the labels of what they hold, other users' included; and those of which
 * there are only files of ours.
 */
export async function listClusters(
  engines: readonly Engine[],
  signal: AbortSignal,
): Promise<readonly ListedCluster[]> {
  const folders = (await readdir(stateRoot()).catch(() => [])).filter(isClusterId);
  const found = (await Promise.all(engines.map((engine) => lookInto(engine, signal)))).flat();
  const ids = new Set([...folders, ...found.flatMap(({ name }) => clusterOf(name) ?? [])]);
  return Promise.all(
    [...ids].map(async (id) => {
      const ours = found.filter(({ name }) => clusterOf(name) === id);
      const state = await readState(id);
      const owner = state?.owner ?? parse(ours.find((each) => each.owner)?.owner);
      const kept = ours.some(({ name }) => name === clusterNames(id).keptMark);
      return { id, kept, ownerAlive: owner !== undefined && isAlive(owner) };
    }),
  );
}

async function lookInto(engine: Engine, signal: AbortSignal): Promise<readonly Found[]> {
  const failure = { message: `could not list what ${engine.kind} holds` };
  const run = (args: readonly string[]) => runEngine(engine, args, { signal, failure });
  const labelled = ['--filter', `label=${clusterLabel}`, '--format', '{{.Name}}'];
  const [containers, networks, volumes] = await Promise.all([
    run(['ps', '-aq', '--filter', `label=${clusterLabel}`]),
    run(['network', 'ls', ...labelled]),
    run(['volume', 'ls', ...labelled]),
  ]);
  const [ids, nets] = [words(containers), words(networks)];
  const owner = (labels: string) => `{{.Name}} {{index ${labels} "${ownerLabel}"}}`;
  // What is gone by now fails the whole of it, so then each is asked for by itself.
  const inspect = async (kind: string, names: readonly string[], labels: string) =>
    names.length === 0
      ? []
      : run([kind, 'inspect', '--format', owner(labels), ...names]).catch(async () =>
          (
            await Promise.all(
              names.map((name) => run([kind, 'inspect', '--format', owner(labels), name]).catch(() => '')),
            )
          ).join('\n'),
        );
  const [told, toldNets] = await Promise.all([
    inspect('container', ids, '.Config.Labels'),
    inspect('network', nets, '.Labels'),
  ]);
  return [...lines(told), ...lines(toldNets), ...words(volumes).map((name) => ({ name }))];
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);

/** Docker puts a slash before the names of containers. */
const lines = (text: string | readonly string[]): readonly Found[] =>
  (typeof text === 'string' ? text.split('\n') : text).flatMap((line) => {
    const [, name = '', owner = ''] = /^\/?(\S+) (.*)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, owner }];
  });

/** The state of a cluster that this user made; nothing when it is lost or another's. */
export async function readState(id: string, root = stateRoot()): Promise<DockerState | undefined> {
  const file = `${root}/${id}/state.json`;
  if (!existsSync(file)) return undefined;
  return parse(await readFile(file, 'utf8').catch(() => ''));
}

function parse<Type>(text: string | undefined): Type | undefined {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
