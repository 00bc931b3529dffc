import type { InstalledPackage, PhaseName, UsedLayer } from '../../common/results.ts';
import type { MachinePower, Node, PlannedNode } from '../cluster/node.ts';
import type { StartOrder } from '../config/order/start-order.ts';
import type { Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Layer } from '../layers/layer.ts';
import type { PackageRoute } from '../packages/package-route.ts';
import type { Cluster } from '../providers/provider.ts';
import type { Step } from '../record/step.ts';
import type { RunStore } from '../store/run-store.ts';
import type { OneAfterAnother } from './one-after-another.ts';
import type { OtherNodes } from './other-nodes.ts';

/** What all phases of one run read. */
export interface Session {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly nodes: readonly Node[];
  readonly store: RunStore;
  readonly power: MachinePower;
  readonly packages: PackageRoute;
}

/** What the preparation of one node needs besides the node. */
export interface Preparation {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly store: RunStore;
  readonly ctx: RunContext;
  readonly step: Step;
  /** The first phase to take; what comes before it (but for connecting) is left as an earlier run left it. */
  readonly from: PhaseName;
  /** Whether the run goes as far as that. */
  readonly reaches: (phase: PhaseName) => boolean;
  readonly packages: PackageRoute;
  /** In which order services are started. */
  readonly order: StartOrder;
  readonly others: OtherNodes;
  /** For stopping services that an earlier run left; absent where there are none. */
  readonly stops?: OneAfterAnother;
  /** The layers that nodes started from, by node id. */
  readonly layers: ReadonlyMap<number, Layer>;
  readonly connect: (planned: PlannedNode) => Promise<Node>;
  readonly installed: (node: number, packages: readonly InstalledPackage[]) => void;
  readonly fromLayer: (node: number, layer: UsedLayer) => void;
}
