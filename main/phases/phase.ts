import type { InstalledPackage, PhaseName } from '../../common/results.ts';
import type { Agent } from '../agent/agent.ts';
import type { NodeConfig, Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context.ts';
import type { PackageRoute } from '../packages/package-route.ts';
import type { Cluster, Machine } from '../providers/provider.ts';
import type { Remote } from '../remotes/remote.ts';
import type { RenderedTree } from '../render/tree.ts';
import type { RunStore } from '../store/run-store.ts';

/** A machine with what is to be put on it; nothing has been done to it yet. */
export interface PlannedNode {
  readonly id: number;
  readonly machine: Machine;
  readonly config: NodeConfig;
  /** The node files as rendered for this node. */
  readonly tree: RenderedTree;
}

/** One node of a run, connected. */
export interface Node extends PlannedNode {
  readonly remote: Remote;
  readonly agent: Agent;
}

/** What all phases of one run read. */
export interface Session {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly nodes: readonly Node[];
  readonly store: RunStore;
}

/** Takes one step: times it, tells of it, and gives what it throws the phase and the node. */
export type Step = <T>(phase: PhaseName, action: () => Promise<T>, node?: Machine) => Promise<T>;

/** What the preparation of one node needs besides the node. */
export interface Preparation {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly store: RunStore;
  readonly ctx: RunContext;
  readonly step: Step;
  /** The first phase to take; what comes before it (but for connecting) is left as an earlier run left it. */
  readonly from: PhaseName;
  readonly packages: PackageRoute;
  readonly connect: (planned: PlannedNode) => Promise<Node>;
  readonly installed: (node: number, packages: readonly InstalledPackage[]) => void;
}
