import { present } from '../../common/present.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import { startOrder } from '../config/order/start-order.ts';
import { borrowedNodeEntry } from '../ledger/borrowed-node-undo.ts';
import type { PackageRoute } from '../packages/package-route.ts';
import { OneAfterAnother } from '../phases/one-after-another.ts';
import { OtherNodes } from '../phases/other-nodes.ts';
import type { Preparation } from '../phases/phase.ts';
import { prepareNode } from '../phases/prepare-node.ts';
import { borrowedMachines, type Cluster } from '../providers/provider.ts';
import type { Connections } from './connections.ts';
import type { Layers } from './layers/foundation.ts';
import type { OpenRun } from './open-run.ts';
import { type RunRequest, reaches } from './run-request.ts';

interface Preparing {
  readonly request: RunRequest;
  readonly packages: PackageRoute;
  readonly layers: Layers;
  readonly open: OpenRun;
}

/**
 * Takes all nodes to running services, side by side. The first failure ends the work on the
 * others; it is thrown when all have ended.
 */
export async function prepareNodes(
  planned: readonly PlannedNode[],
  cluster: Cluster,
  connections: Connections,
  { request, packages, layers, open }: Preparing,
): Promise<readonly Node[]> {
  const { recorder, store, work } = open;
  const borrowed = new Set(borrowedMachines(cluster).map(({ id }) => id));
  const preparation: Preparation = {
    scenario: request.scenario,
    cluster,
    store,
    ctx: work,
    step: recorder.step,
    from: request.reuse?.from ?? 'clean',
    reaches: (phase) => reaches(request, phase),
    packages,
    layers,
    order: startOrder(planned.map(({ machine, config }) => ({ node: machine, services: config.services }))),
    others: new OtherNodes(),
    ...present({ stops: request.reuse && new OneAfterAnother() }),
    connect: async (node) => {
      const connected = await connections.connect(node);
      const { machine, config } = node;
      if (borrowed.has(node.id)) {
        await work.ledger.record(borrowedNodeEntry(cluster.id, machine, config.workingDir));
      }
      return connected;
    },
    installed: (node, packages) => {
      recorder.installed[node] = packages;
    },
    fromLayer: (node, layer) => {
      recorder.layers[node] = layer;
    },
  };
  const outcomes = await Promise.allSettled(
    planned.map(async (node) => {
      try {
        return await prepareNode(node, preparation);
      } catch (error) {
        open.breakOff(error);
        throw error;
      }
    }),
  );
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
