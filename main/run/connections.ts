import { asShakedownError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { Agent } from '../agent/agent.ts';
import { connectNode } from '../cluster/connect-node.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import type { Scenario } from '../config/scenario.ts';
import type { ReachedMachine } from '../ledger/undo-kind.ts';
import type { Machine } from '../providers/provider.ts';
import { reachAnew } from './ledger/undo-world.ts';
import type { OpenRun } from './open-run.ts';
import type { World } from './world/world.ts';

/**
 * Seconds for which the end of a run waits for an agent that says nothing, and
 * when somebody waits for that end.
 */
const patience = { usual: 30, interrupted: 10 };

/** Seconds for a node whose connection was lost to answer again, for it may be booting. */
const comeback = { usual: 20, interrupted: 5 };

/** Seconds after which is told whom the run waits for. */
const tellAfter = 1;

/**
 * The run's connections to its nodes. They come one by one: where one node does not answer, there are
 * those to the others, for their evidence.
 */
export class Connections {
  readonly #scenario: Pick<Scenario, 'timeouts' | 'secrets'>;
  readonly #world: World;
  readonly #open: OpenRun;
  /** Within how many seconds each agent must answer. */
  readonly #asked = new WeakMap<Agent, number>();
  readonly #nodes = new Map<number, Node>();
  /** Until the end of the work it is noted when a node is lost. */
  readonly #atWork = new AbortController();

  constructor(scenario: Pick<Scenario, 'timeouts' | 'secrets'>, world: World, open: OpenRun) {
    this.#scenario = scenario;
    this.#world = world;
    this.#open = open;
    world.signal.addEventListener('abort', this.insist, { once: true });
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
      { runId: store.id, timeout, onDied, onClock: recorder.clockMeasured, secrets: this.#scenario.secrets },
      work,
    );
    this.#nodes.set(planned.id, node);
    const { lost, id } = node;
    const note = () => {
      const { message } = asShakedownError(lost.reason);
      // At the end all connections are closed.
      if (!this.#atWork.signal.aborted) work.emit({ type: 'note', node: id, message });
    };
    lost.addEventListener('abort', note, { once: true });
    return node;
  }

  /**
   * From now on an agent that says nothing is taken for gone, sooner after an interrupt than
   * else; whom the run waits for is told.
   */
  readonly insist = (): void => {
    if (!this.#atWork.signal.aborted && !this.#world.signal.aborted) this.#tellLosses();
    this.#atWork.abort();
    for (const node of this.nodes) void this.#mustAnswer(node);
  };

  /** A node that was lost, and that no check has taken back, is a failure of the run, whoever missed it. */
  #tellLosses(): void {
    for (const { machine, lost } of this.nodes)
      if (lost.aborted) this.#open.recorder.nodeLost(machine, lost.reason);
  }

  async #mustAnswer({ id, agent }: Node): Promise<void> {
    const seconds = this.#of(patience);
    if ((this.#asked.get(agent) ?? Number.POSITIVE_INFINITY) <= seconds) return;
    this.#asked.set(agent, seconds);
    const answered = agent.mustAnswer(seconds);
    await withTimeLimit({ what: 'an answer', seconds: tellAfter }, () => answered).catch(() => {
      const message = `its agent says nothing: ${seconds} s are waited for it`;
      this.#open.evidence.emit({ type: 'note', node: id, message });
    });
  }

  #of({ usual, interrupted }: typeof patience): number {
    return this.#world.signal.aborted ? interrupted : usual;
  }

  /**
   * The machine by its connection while that is there and the agent answers, else by a new one
   * with a new agent. Throws ShakedownError.
   */
  async reach(signal: AbortSignal, machine: Machine, within?: number): Promise<ReachedMachine> {
    const node = this.#nodes.get(machine.id);
    if (node && !node.remote.lost.aborted && !node.agent.ended.aborted) {
      return { remote: node.remote, agent: node.agent, [Symbol.asyncDispose]: async () => undefined };
    }
    const { connector, cacheDir } = this.#world;
    const options = { runId: this.#open.store.id, ...present({ within, otherwise: node?.agent }) };
    const reached = await reachAnew(machine, { connector, cacheDir, signal }, options);
    void reached.agent.mustAnswer(this.#of(patience));
    return reached;
  }

  /**
   * The same for a node that may have been lost, for its evidence. That it has booted
   * unasked is told where its loss is.
   */
  async reachAgain(signal: AbortSignal, node: Node): Promise<ReachedMachine> {
    const reached = await this.reach(signal, node.machine, this.#of(comeback));
    const { lost } = node.remote;
    if (lost.aborted && reached.agent.info.boot !== node.agent.info.boot) {
      this.#open.recorder.explain(
        asShakedownError(lost.reason).message,
        'it has booted again, which nobody asked for',
      );
    }
    return reached;
  }

  /** Closes them all. Never throws. */
  async close(): Promise<void> {
    this.#world.signal.removeEventListener('abort', this.insist);
    await Promise.allSettled(this.nodes.map(({ remote }) => remote[Symbol.asyncDispose]()));
  }
}
