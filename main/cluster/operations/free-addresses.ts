import { ShakedownError } from '../../../common/errors.ts';
import type { Node } from '../node.ts';

/**
 * Hands out addresses in the nodes' network that no node has: from the end,
 * for templates take the first ones.
 */
export class FreeAddresses {
  readonly #left: string[];
  readonly #any: boolean;

  constructor(nodes: readonly Pick<Node, 'machine'>[]) {
    this.#left = [...new Set(nodes.flatMap(({ machine }) => machine.spareAddresses ?? []))];
    this.#any = this.#left.length > 0;
  }

  /** Another one each time. Throws ShakedownError where there is none. */
  next(): string {
    const address = this.#left.pop();
    if (address !== undefined) return address;
    throw new ShakedownError(
      this.#any
        ? { message: 'all free addresses in the nodes’ network were handed out' }
        : {
            message: 'the nodes’ network is not ours, so it is not known which of its addresses are free',
            hint: 'choose one yourself: put it into the main config, for templates and checks',
          },
    );
  }
}
