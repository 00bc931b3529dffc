import { join } from 'node:path';
import type { RunContext } from '../../../context/run-context.ts';
import type { LayerBase, LayerLook, LayerSurvey, MachineOf, NewLayer } from '../../capabilities.ts';
import { runScript } from '../../host/root-script.ts';
import { shellFile } from '../../host/shell-file.ts';
import {
  isLayer,
  keepLayersDays,
  readSurvey,
  saveFailure,
  surveyFailure,
  trimValues,
} from '../../layers/layer-files.ts';
import { settingsOfMachine } from '../../machine-options.ts';
import type { MachineSpec } from '../../provider.ts';
import type { DockerSettings } from '../docker-options.ts';
import { type Engine, engineValues, runEngine } from '../engines/engine.ts';
import { explainEngine } from '../engines/explain-engine.ts';
import { chooseEngine, enginesInUse } from '../engines/find-engines.ts';
import { engineOf, power } from '../machines/power.ts';
import { containerName, imageRepository, layerLabel, stateRoot, treeLabel } from '../names.ts';
import { baseTreeBuild } from './image.ts';

type Look = Pick<RunContext, 'signal'>;

/** What stands in an image's label of a layer, in base64 of JSON. */
interface LayerText {
  readonly about: string;
  readonly description: string;
}

export const layerImage = (key: string): string => `${imageRepository}:${key}`;

/** What each machine would start from; none of images of the user's own, and where nothing can be kept. */
export async function layerBases(
  machines: readonly MachineSpec[],
  settings: DockerSettings,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<readonly LayerBase[]> {
  if (settings.image !== undefined) return [];
  const engine = await chooseEngine(ctx.signal, settings.engine);
  if (!(await showsItsFiles(engine, ctx.signal))) return [];
  const bases = new Map<string, LayerBase>();
  const all: LayerBase[] = [];
  for (const { id } of machines) {
    const { os } = settingsOfMachine(settings, id);
    let base = bases.get(os);
    if (!base) {
      const { tree, build } = await baseTreeBuild({ ...settings, os }, rebuild, ctx);
      base = { id: `${build}-in-${engine.kind}`, tree };
      bases.set(os, base);
    }
    all.push(base);
  }
  return all;
}

/** Whether what a container wrote is a folder of this main host that we may read. */
async function showsItsFiles(engine: Engine, signal: AbortSignal): Promise<boolean> {
  if (process.getuid?.() !== 0 || engine.reach !== 'address') return false;
  if (engine.kind === 'podman') return true;
  const failure = { message: "Docker's engine does not tell how it keeps containers" };
  const driver = await runEngine(engine, ['info', '--format', '{{.Driver}}'], { signal, failure });
  return ['overlay', 'overlay2'].includes(driver.trim());
}

export async function surveyLayer(which: MachineOf, look: LayerLook, ctx: Look): Promise<LayerSurvey> {
  const { cluster, machine } = which;
  await power('power_off', which, ctx);
  const values = {
    ...{ known: look.known, names: look.names, container: containerName(cluster.id, machine) },
    ...engineValues(await engineOf(cluster.id, ctx.signal)),
  };
  const printed = await runScript([], shellFile(import.meta.dirname, 'survey-layer.sh', values), {
    signal: ctx.signal,
    failure: surveyFailure,
  });
  return readSurvey(printed);
}

export async function saveLayer(
  { cluster, machine }: MachineOf,
  layer: NewLayer,
  { signal }: Look,
): Promise<void> {
  const { key, about, description } = layer;
  const text: LayerText = { about, description };
  const values = {
    ...{ container: containerName(cluster.id, machine), image: layerImage(key), ...trimValues(layer) },
    ...{ layer_label: layerLabel, text: Buffer.from(JSON.stringify(text)).toString('base64') },
    ...{ tree_label: treeLabel, repository: imageRepository, used: join(stateRoot(), 'used') },
    ...{ keep_days: keepLayersDays, ...engineValues(await engineOf(cluster.id, signal)) },
  };
  await runScript([], shellFile(import.meta.dirname, 'save-layer.sh', values), {
    signal,
    failure: saveFailure,
    explain: explainEngine,
  });
}

/** The text that came with the layer, by its key or its image's id; undefined where there is none. */
export async function findLayer(id: string, { signal }: Look): Promise<string | undefined> {
  const [, kind, key = ''] = /^(?:(docker|podman)\/)?(.*)$/.exec(id) ?? [];
  if (!isLayer(key)) return undefined;
  for (const engine of await enginesInUse(signal)) {
    if (kind !== undefined && engine.kind !== kind) continue;
    const format = `{{index .Config.Labels "${layerLabel}"}}`;
    const inspect = ['image', 'inspect', '--format', format, layerImage(key)];
    // It tells in no other way that there is none.
    const found = await runEngine(engine, inspect, { signal, failure: { message: 'no layer' } }).catch(
      () => '',
    );
    signal.throwIfAborted();
    const text = readText(found.trim());
    if (text) return text.about;
  }
  return undefined;
}

/** What a label says; undefined for what is none of ours. */
export function readText(label: string | undefined): LayerText | undefined {
  try {
    return JSON.parse(Buffer.from(label ?? '', 'base64').toString());
  } catch {
    return undefined;
  }
}
