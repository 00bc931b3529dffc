import type { PhaseName } from '../../common/results.ts';
import type { Agent } from '../agent/agent.ts';
import type { NodeConfig, Scenario } from '../config/scenario.ts';
import type { RunContext } from '../context.ts';
import type { Cluster, Machine } from '../providers/provider.ts';
import type { Remote } from '../remotes/remote.ts';
import type { RunStore } from '../store/run-store.ts';

/** One node of a run, connected. */
export interface Node {
  readonly id: number;
  readonly machine: Machine;
  readonly config: NodeConfig;
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

/** A step that each node takes by itself, side by side with the others and without waiting for them. */
export interface NodePhase {
  readonly name: PhaseName;
  /** Throws ShakedownError; the caller adds the node and the phase. */
  run(node: Node, session: Omit<Session, 'nodes'>, ctx: RunContext): Promise<void>;
}

/** A step that is taken once, when all nodes have come so far. */
export interface ClusterPhase {
  readonly name: PhaseName;
  run(session: Session, ctx: RunContext): Promise<void>;
}
