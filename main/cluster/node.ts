import type { MachineAct } from '../../common/machine-acts.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { Agent } from '../agent/agent.ts';
import type { NodeConfig } from '../config/node/node-config.ts';
import type { RunContext } from '../context/run-context.ts';
import type { Machine } from '../providers/provider.ts';
import type { Remote } from '../remotes/remote.ts';
import type { RenderedTree } from '../render/tree.ts';

/** A machine with what is to be put on it; nothing has been done to it yet. */
export interface PlannedNode {
  readonly id: number;
  readonly machine: Machine;
  readonly config: NodeConfig;
  /** The node files as rendered for this node. */
  readonly tree: RenderedTree;
}

/** One node of a run, connected. A restart of its machine gives it another connection and another agent. */
export interface Node extends PlannedNode {
  readonly remote: Remote;
  readonly agent: Agent;
  /**
   * Aborted when the connection is lost and nobody meant to end it; a node that came back has another signal.
   */
  readonly lost: AbortSignal;
  /** Its machine is to go down, or is down: what ends with it is no loss, and no service that died. */
  readonly endIsExpected: boolean;
  expectEnd(expected: boolean): void;
  /**
   * Goes on over this connection, with an agent that is told of the services that were started here before;
   * it starts none. The connection is closed on a throw.
   */
  resumeOver(remote: Remote, services: readonly ServiceSpec[], ctx: RunContext): Promise<void>;
}

/** Does things to whole machines while a run is under way. */
export interface MachinePower {
  /**
   * Does it, and resolves when the node can be used again (or is off). `by`: the check that
   * asks. What is asked of the same node meanwhile has to wait. Throws UsageError for a
   * snapshot's name that is none, else ShakedownError.
   */
  act(node: Node, what: MachineAct, by?: string): Promise<void>;
  /** Resolves when nothing is under way with the node. Throws ShakedownError when its machine is off. */
  up(node: Node): Promise<void>;
}
