import type { ClusterUnderTest } from '../../cluster/cluster-under-test.ts';
import { describeLoss } from '../reasons.ts';

interface Loss {
  readonly at: number;
  readonly message: string;
}

/** Which nodes were lost, when, and which tests met one that was. */
export class NodeLosses {
  readonly #losses = new Map<number, Loss>();
  readonly #met = new Map<string, Loss>();

  /** Watches the nodes' connections until `signal` is aborted. */
  watch(cluster: ClusterUnderTest, signal: AbortSignal): void {
    for (const node of cluster.nodes) {
      const note = () => {
        this.#losses.set(node.id, { at: performance.now(), message: describeLoss(node, node.lost.reason) });
      };
      if (node.lost.aborted) note();
      else node.lost.addEventListener('abort', note, { once: true, signal });
    }
  }

  /** A call of this test threw because the node was lost. */
  met(test: string, message: string): void {
    this.#met.set(test, { at: performance.now(), message });
  }

  /**
   * What a test that ran then has lost, as a sentence: a node that it asked, or one that went while it ran.
   */
  under(test: string, startedAt: number, endedAt = Number.POSITIVE_INFINITY): string | undefined {
    const met = this.#met.get(test);
    if (met !== undefined && met.at >= startedAt) return met.message;
    return [...this.#losses.values()].find(({ at }) => at >= startedAt && at <= endedAt)?.message;
  }
}
