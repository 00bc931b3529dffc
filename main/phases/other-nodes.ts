import { withTimeLimit } from '../../common/time-limit.ts';
import type { Node } from '../cluster/node.ts';
import { keyOf, type ServiceOnNode } from '../config/order/start-order.ts';

/**
 * What nodes that are prepared side by side know of one another: which are connected, and which services are
 * ready. Who waits for a node that fails is ended by the signal, since a failure ends the work on all nodes.
 */
export class OtherNodes {
  readonly #connected = new Map<number, PromiseWithResolvers<Node>>();
  readonly #ready = new Map<string, PromiseWithResolvers<void>>();

  isConnected(node: Node): void {
    latch(this.#connected, node.id).resolve(node);
  }

  isReady(one: ServiceOnNode): void {
    latch(this.#ready, keyOf(one)).resolve();
  }

  /** Resolves when it is connected. Throws the signal's reason. */
  node(id: number, signal: AbortSignal): Promise<Node> {
    return withTimeLimit({ what: `node ${id}`, signal }, () => latch(this.#connected, id).promise);
  }

  /** Resolves when all of them are ready. Throws the signal's reason. */
  async ready(all: readonly ServiceOnNode[], signal: AbortSignal): Promise<void> {
    const promises = all.map((one) => latch(this.#ready, keyOf(one)).promise);
    await withTimeLimit({ what: 'other services', signal }, () => Promise.all(promises));
  }
}

function latch<Key, Value>(
  latches: Map<Key, PromiseWithResolvers<Value>>,
  key: Key,
): PromiseWithResolvers<Value> {
  const known = latches.get(key) ?? Promise.withResolvers<Value>();
  latches.set(key, known);
  return known;
}
