import { asShakedownError } from '../../../common/errors.ts';
import type { MachineAct } from '../../../common/machine-acts.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { MachinePower, Node } from '../node.ts';
import { NodeActs } from './node-acts.ts';
import type { PowerOptions } from './power-options.ts';

/** Restarts, cuts off and takes back the machines of a run. */
export class ClusterPower implements MachinePower {
  readonly #options: PowerOptions;
  readonly #nodes = new Map<number, NodeActs>();

  constructor(options: PowerOptions) {
    this.#options = options;
  }

  async act(node: Node, what: MachineAct, by?: string): Promise<void> {
    await this.#of(node).act(what, { ctx: this.#options.work, by });
  }

  async up(node: Node): Promise<void> {
    const why = await this.#nodes.get(node.id)?.whyDown();
    if (why) throw why;
  }

  /**
   * Starts what was left off, or was on its way when the work was broken off. What fails is told, not thrown.
   */
  async bringBack(nodes: readonly Node[], ctx: RunContext): Promise<void> {
    const back = async (node: Node) => {
      const acts = this.#nodes.get(node.id);
      if (!(await acts?.whyDown()) || node.lost.aborted) return;
      ctx.emit({ type: 'note', message: 'it is not up: it is started for its evidence', node: node.id });
      await acts?.act({ act: 'powerOn' }, { ctx });
    };
    const failed = (node: Node) => (error: unknown) => ctx.log(asShakedownError(error).message, node.id);
    await Promise.all(nodes.map((node) => back(node).catch(failed(node))));
  }

  #of(node: Node): NodeActs {
    const acts = this.#nodes.get(node.id) ?? new NodeActs(node, this.#options);
    this.#nodes.set(node.id, acts);
    return acts;
  }
}
