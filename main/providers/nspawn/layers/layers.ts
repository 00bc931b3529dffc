import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { present } from '../../../../common/present.ts';
import type { RunContext } from '../../../context/run-context.ts';
import {
  enableProgram,
  type LayerSurvey,
  type MachineOf,
  type NewLayer,
  type StrayFile,
} from '../../capabilities.ts';
import { mustBeClusterId } from '../../cluster-id.ts';
import { runAsRoot } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { stateHome } from '../../host/state-home.ts';
import { nodeNames } from '../names.ts';

/** Where the layers lie, beside the clusters: what a node wrote is renamed into it. */
export const layersFolder = `${stateHome}/layers`;

/** Layers that no run asked for in so many days make room for new ones. */
const keepDays = 14;

export const isLayer = (id: string): boolean => /^layer-[0-9a-f]{16}$/.test(id);

export async function surveyLayer(
  { cluster, machine }: MachineOf,
  { known, names }: { readonly known: readonly string[]; readonly names: readonly string[] },
  { signal }: Pick<RunContext, 'signal'>,
): Promise<LayerSurvey> {
  mustBeClusterId('nspawn', cluster.id);
  const { directory: home } = nodeNames(cluster.id, machine);
  const printed = await runAsRoot(shellFile(import.meta.dirname, 'survey-layer.sh', { home, known, names }), {
    signal,
    failure: { message: 'could not look through what was installed', phase: 'install' },
  });
  return readSurvey(printed);
}

/** What the script prints, line by line. */
export function readSurvey(printed: string): LayerSurvey {
  const rows = printed.split('\n').map((line) => line.split('\t'));
  const strays = rows.flatMap(([kind, digest = '', owner = '-', path = '']): StrayFile[] =>
    kind === 'stray' ? [{ path, digest, ...present({ owner: owner === '-' ? undefined : owner }) }] : [],
  );
  return { strays, named: rows.flatMap(([kind, path = '']) => (kind === 'named' ? [path] : [])) };
}

export async function saveLayer(
  { cluster, machine }: MachineOf,
  { key, about, description, without }: NewLayer,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  mustBeClusterId('nspawn', cluster.id);
  const { directory: home } = nodeNames(cluster.id, machine);
  const values = {
    ...{ home, layers: layersFolder, key, about, description, without },
    ...{ keep_days: keepDays, state_home: stateHome, enable: enableProgram },
  };
  await runAsRoot(shellFile(import.meta.dirname, 'save-layer.sh', values), {
    signal,
    failure: { message: 'the layer could not be kept', phase: 'install' },
    explain: (stderr) =>
      /No space left on device/.test(stderr)
        ? { message: `there is no space for the layer in ${layersFolder}`, hint: 'shakedown images prune' }
        : {},
  });
}

/** The text that came with the layer; undefined where there is none. */
export async function findLayer(key: string): Promise<string | undefined> {
  if (!isLayer(key)) return undefined;
  return readFile(join(layersFolder, key, 'layer.json'), 'utf8').catch(() => undefined);
}
