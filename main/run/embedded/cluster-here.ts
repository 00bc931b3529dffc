import { asShakedownError, describeFailure, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { clusterFace } from '../../cluster/face/cluster-face.ts';
import type { Way } from '../../cluster/face/way.ts';
import { type LiveCluster, methodNames } from '../../cluster/live-cluster.ts';
import type { RunResult } from '../../record/run-result.ts';
import type { RunStore } from '../../store/run-store.ts';
import type { OpenCluster } from './open-cluster-options.ts';

export interface ClusterEnd {
  readonly failed: (error: unknown) => void;
  readonly close: () => Promise<RunResult>;
  /** The messages of failures that the program has told of by itself. */
  readonly told: ReadonlySet<string>;
}

/** The live cluster of this very process, as check files have theirs from another one. */
export function clusterHere(
  live: LiveCluster,
  { id, directory }: RunStore,
  { failed, close, told }: ClusterEnd,
): OpenCluster {
  return {
    ...clusterFace(wayTo(live)),
    run: { id, directory },
    failed,
    close,
    async [Symbol.asyncDispose]() {
      const untold = (await close()).failures.find(({ message }) => !told.has(message));
      if (untold) throw new ShakedownError(untold);
    },
  };
}

const wayTo = (live: LiveCluster): Way => ({
  nodes: live.nodes.map(({ id, name, address, role }) => ({ id, name, address, ...present({ role }) })),
  methods: methodNames,
  async ask({ scope, method, params, ...on }, failed) {
    try {
      return await live.ask(scope, method as never, on as never, params as never);
    } catch (error) {
      const node = live.nodes.find(({ id }) => id === on.node);
      const where = node === undefined ? {} : { node: node.id, address: node.address };
      failed.message = describeFailure(asShakedownError(error, where).details);
      failed.cause = error;
      throw failed;
    }
  },
});
