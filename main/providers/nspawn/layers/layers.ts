import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../../../context/run-context.ts';
import type { LayerLook, LayerSurvey, MachineOf, NewLayer } from '../../capabilities.ts';
import { mustBeClusterId } from '../../cluster-id.ts';
import { runAsRoot } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import { stateHome } from '../../host/state-home.ts';
import {
  explainSave,
  isLayer,
  keepLayersDays,
  readSurvey,
  saveFailure,
  surveyFailure,
  trimValues,
} from '../../layers/layer-files.ts';
import { act } from '../machine-acts.ts';
import { nodeNames } from '../names.ts';

/** Where the layers lie, beside the clusters: what a node wrote is renamed into it. */
export const layersFolder = `${stateHome}/layers`;

export async function surveyLayer(
  which: MachineOf,
  { known, names }: LayerLook,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<LayerSurvey> {
  const { cluster, machine } = which;
  mustBeClusterId('nspawn', cluster.id);
  await act('switch off', which, ['power_off'], { signal });
  const { directory: home } = nodeNames(cluster.id, machine);
  const printed = await runAsRoot(shellFile(import.meta.dirname, 'survey-layer.sh', { home, known, names }), {
    signal,
    failure: surveyFailure,
  });
  return readSurvey(printed);
}

export async function saveLayer(
  { cluster, machine }: MachineOf,
  layer: NewLayer,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  mustBeClusterId('nspawn', cluster.id);
  const { directory: home } = nodeNames(cluster.id, machine);
  const { key, about, description } = layer;
  const values = {
    ...{ home, layers: layersFolder, key, about, description, ...trimValues(layer) },
    ...{ keep_days: keepLayersDays, state_home: stateHome },
  };
  await runAsRoot(shellFile(import.meta.dirname, 'save-layer.sh', values), {
    signal,
    failure: saveFailure,
    explain: explainSave(layersFolder),
  });
}

/** The text that came with the layer; undefined where there is none. */
export async function findLayer(key: string): Promise<string | undefined> {
  if (!isLayer(key)) return undefined;
  return readFile(join(layersFolder, key, 'layer.json'), 'utf8').catch(() => undefined);
}
