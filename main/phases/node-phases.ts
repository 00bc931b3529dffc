import type { PhaseName } from '../../common/results.ts';
import type { Node } from '../cluster/node.ts';
import type { Scenario, Timeouts } from '../config/scenario.ts';
import type { RunContext } from '../context/run-context.ts';
import { clean } from './clean.ts';
import { install } from './install.ts';
import type { Preparation } from './phase.ts';
import { hasStepsAfterStart, setUp, setUpAfterStart } from './setup.ts';
import { ship } from './ship.ts';
import { startServices } from './start.ts';

/** A node on its way from a bare machine to running services; each phase gives the next one. */
export interface NodeProgress {
  readonly node: Node;
  /** Paths below the working directory that are there as they would be sent. */
  readonly unchanged: readonly string[];
}

/** Of what a phase's outcome is made, besides the machine that it finds. */
type Need = 'packages' | 'node files' | 'addresses';

interface PhaseOf<Scope extends 'node' | 'cluster'> {
  readonly name: PhaseName;
  /**
   * Nodes go through phases of their own side by side; before one of the cluster they wait for one another.
   */
  readonly scope: Scope;
  readonly needs: readonly Need[];
}

/** A phase that each node takes by itself. */
export interface NodePhase extends PhaseOf<'node'> {
  /** Seconds; a phase without has limits of its own for each of its steps. */
  readonly limit?: (timeouts: Timeouts) => number;
  /** Throws what went wrong with the node. */
  take(progress: NodeProgress, preparation: Preparation): Promise<NodeProgress>;
}

/** A phase that is taken once all nodes are where it begins. */
export interface ClusterPhase extends PhaseOf<'cluster'> {
  isWanted(nodes: readonly Node[]): boolean;
  take(all: { readonly nodes: readonly Node[]; readonly scenario: Scenario }, ctx: RunContext): Promise<void>;
}

/**
 * Whether what it made can be kept as a layer, for it is the same in the next
 * run, whatever the addresses are.
 */
export const canBeKept = ({ needs }: Pick<NodePhase, 'needs'>): boolean =>
  needs.every((need) => need === 'packages');

/** A phase that does something to the node, and leaves to the next what it found. */
const onTheWay =
  (act: (progress: NodeProgress, preparation: Preparation) => Promise<void>): NodePhase['take'] =>
  async (progress, preparation) => {
    await act(progress, preparation);
    return progress;
  };

/** The phases from a machine that is connected to a cluster that can be checked, in their order. */
export const nodePhases: readonly NodePhase[] = [
  {
    name: 'clean',
    scope: 'node',
    needs: ['node files', 'addresses'],
    limit: ({ ship }) => ship,
    take: async (progress, { ctx, stops }) => {
      const act = () => clean(progress.node, ctx);
      return { ...progress, unchanged: await (stops?.take(act) ?? act()) };
    },
  },
  {
    name: 'install',
    scope: 'node',
    needs: ['packages'],
    limit: ({ install }) => install,
    take: onTheWay(({ node }, preparation) => install(node, preparation)),
  },
  {
    name: 'ship',
    scope: 'node',
    needs: ['node files', 'addresses'],
    limit: ({ ship }) => ship,
    take: onTheWay(({ node, unchanged }, preparation) => ship(node, unchanged, preparation)),
  },
  {
    name: 'setup',
    scope: 'node',
    needs: ['packages', 'node files', 'addresses'],
    take: onTheWay(({ node }, preparation) => setUp(node, preparation)),
  },
  {
    name: 'start',
    scope: 'node',
    needs: ['packages', 'node files', 'addresses'],
    take: onTheWay(({ node }, preparation) => startServices(node, preparation)),
  },
];

/** Those that come when all services on all nodes are ready. */
export const clusterPhases: readonly ClusterPhase[] = [
  {
    name: 'setup',
    scope: 'cluster',
    needs: ['packages', 'node files', 'addresses'],
    isWanted: hasStepsAfterStart,
    take: setUpAfterStart,
  },
];
