import type { Agent } from '../../agent/agent.ts';
import type { Machine } from '../../providers/provider.ts';
import type { NodeHealth } from './node-health.ts';

/** A place that can have runners: a machine, or the main host itself. */
export interface SeatPlan {
  /** The node's id in the run. */
  readonly id: number;
  readonly name: string;
  /** Absent for the main host. */
  readonly machine?: Machine;
  /** As many as it has processors where none is told. */
  readonly runners: number | undefined;
  /** Its only runner is to be taken for this one, of another run. */
  readonly as?: RunnerIdentity;
}

/** What a runner's hooks and tests are told of who it is. */
export interface RunnerIdentity {
  readonly runner: string;
  readonly node: number;
  /** How many runners there are. */
  readonly runners: number;
}

/** A node whose agent answers, with the project in its folder. */
export interface Seat {
  readonly id: number;
  readonly name: string;
  readonly agent: Agent;
  /** Folders on the node, absolute: of the project, and of what processes leave for us. */
  readonly project: string;
  readonly reports: string;
  readonly health: NodeHealth;
  /** The program that keeps the framework loaded, where there is one; else empty. */
  readonly loader: string;
  /** How many runners there are on all nodes. */
  readonly all: number;
  /** Its runners, in their order. */
  readonly runners: readonly Runner[];
}

/** One slot on a node that runs test files, one process at a time. */
export interface Runner {
  /** Unique in the run, and the same from run to run: `0_1` is the second one of node 0. */
  readonly id: string;
  readonly node: number;
  /** What its processes have in their environment. */
  readonly env: Readonly<Record<string, string>>;
}
