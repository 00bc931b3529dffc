import { present } from '../../common/present.ts';
import { connectNode } from '../cluster/connect-node.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import type { Scenario } from '../config/scenario.ts';
import type { ReachedMachine } from '../ledger/undo-kind.ts';
import type { Machine } from '../providers/provider.ts';
import type { OpenRun } from './open-run.ts';
import { reachAnew } from './undo-world.ts';
import type { World } from './world.ts';

/**
 * The run's connections to its nodes. They come one by one: where one node does not answer, there are those to the
 * others, for their evidence.
 */
export class Connections {
  readonly #scenario: Pick<Scenario, 'timeouts'>;
  readonly #world: World;
  readonly #open: OpenRun;
  readonly #nodes = new Map<number, Node>();

  constructor(scenario: Pick<Scenario, 'timeouts'>, world: World, open: OpenRun) {
    this.#scenario = scenario;
    this.#world = world;
    this.#open = open;
  }

  /** Those that answered, in their order. */
  get nodes(): readonly Node[] {
    return [...this.#nodes.values()].sort((a, b) => a.id - b.id);
  }

  /** Connects to the node and puts the agent on it. Throws ShakedownError. */
  async connect(planned: PlannedNode): Promise<Node> {
    const { recorder, store, work } = this.#open;
    const { connect: timeout } = this.#scenario.timeouts;
    const onDied = recorder.serviceDied(planned.machine);
    const node = await connectNode(
      planned,
      this.#world.connector,
      { runId: store.id, timeout, onDied, onClock: recorder.clockMeasured },
      work,
    );
    this.#nodes.set(planned.id, node);
    return node;
  }

  /** The machine by its connection while that is there, else by a new one. Throws ShakedownError. */
  async reach(signal: AbortSignal, machine: Machine, within?: number): Promise<ReachedMachine> {
    const node = this.#nodes.get(machine.id);
    if (node && !node.remote.lost.aborted) {
      return { remote: node.remote, agent: node.agent, [Symbol.asyncDispose]: async () => undefined };
    }
    const { connector, cacheDir } = this.#world;
    const options = { runId: this.#open.store.id, ...present({ within, otherwise: node?.agent }) };
    return reachAnew(machine, { connector, cacheDir, signal }, options);
  }

  /** Closes them all. Never throws. */
  async close(): Promise<void> {
    await Promise.allSettled(this.nodes.map(({ remote }) => remote[Symbol.asyncDispose]()));
  }
}
