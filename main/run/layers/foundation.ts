import { asShakedownError } from '../../../common/errors.ts';
import type { PlannedNode } from '../../cluster/node.ts';
import type { Layer } from '../../layers/layer.ts';
import { canLayer } from '../../providers/capabilities.ts';
import { withinLimit } from '../machines/make-machines.ts';
import { wantedMachines } from '../machines/wanted-machines.ts';
import type { OpenRun } from '../open-run.ts';
import { type RunRequest, reaches } from '../run-request.ts';
import type { World } from '../world/world.ts';
import type { LayerMaking } from './builder.ts';
import { keptLayer, makeLayer } from './make-layer.ts';
import { planLayers, type WantedLayer } from './plan-layers.ts';

/** By machine. */
export type Layers = ReadonlyMap<number, Layer>;

/** What a run's machines start from. */
export interface Foundation {
  readonly layers: Layers;
  /** Cached images and trees are still to be built again. */
  readonly rebuild: boolean;
}

/**
 * What a run's machines are to start from: layers, by machine, made where they are not there yet. A
 * machine without one is installed by itself. `planned` are the nodes as they were looked at beforehand.
 */
export async function foundationOf(
  request: RunRequest,
  planned: readonly PlannedNode[],
  world: World,
  open: OpenRun,
): Promise<Foundation> {
  const { scenario, fresh = false, rebuild = false } = request;
  const layers = new Map<number, Layer>();
  if (request.reuse || !scenario.cache || !reaches(request, 'install')) return { layers, rebuild };
  const provider = await world.provider(scenario.provider);
  if (!canLayer(provider)) return { layers, rebuild };
  const bases = await withinLimit(scenario.timeouts.machines, open.work, (ctx) =>
    provider.bases({ ...wantedMachines(scenario), rebuild }, ctx),
  );
  const making = { scenario, provider, world, open };
  for (const wanted of await planLayers(planned, bases, making, world, open)) {
    const layer = await layerOf(wanted, fresh, making);
    if (layer) for (const { id } of wanted.machines) layers.set(id, layer);
  }
  return { layers, rebuild: false };
}

async function layerOf(wanted: WantedLayer, fresh: boolean, making: LayerMaking): Promise<Layer | undefined> {
  const { recorder, work } = making.open;
  const kept = fresh ? undefined : await keptLayer(wanted, making);
  if (kept) return kept;
  try {
    return await recorder.step('install', () => makeLayer(wanted, fresh, making));
  } catch (error) {
    work.signal.throwIfAborted();
    // What is wrong with an installation shows on the nodes, and is told there with their evidence.
    const { message, hint } = asShakedownError(error).details;
    const helps = hint === undefined ? '' : ` (${hint})`;
    work.emit({ type: 'note', phase: 'install', message: `no layer: ${message}${helps}` });
    return undefined;
  }
}
