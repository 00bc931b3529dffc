import type { CheckResult } from '../../../common/results.ts';
import type { ClusterUnderTest, NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import { ConnectionLostError } from '../../remotes/connection-errors.ts';
import type { Check } from '../check.ts';
import { attemptUntil, type Finding } from './attempts.ts';
import { byWay, connectTo, inWords } from './node-connection.ts';
import { targetsOf } from './targets.ts';

/**
 * A port that accepts connections from the main host: on each node of `on`, or on the main host itself. Where the
 * main host has no route to a node the node's own sshd connects.
 */
export class TcpCheck implements Check {
  readonly name: string;
  readonly kind = 'tcp';
  readonly spec: DeclaredCheck & { kind: 'tcp' };

  constructor(spec: DeclaredCheck & { kind: 'tcp' }) {
    this.spec = spec;
    this.name = spec.name;
  }

  run(cluster: ClusterUnderTest, { signal }: { signal: AbortSignal }): Promise<readonly CheckResult[]> {
    const { on, port, within } = this.spec;
    return Promise.all(
      targetsOf(on, cluster).map(({ suffix, node }) =>
        attemptUntil({
          name: this.name + suffix + byWay(node),
          kind: this.kind,
          expected: `${node?.address ?? '127.0.0.1'}${byWay(node)} to accept connections on port ${port}`,
          within,
          signal,
          ...(node && { node }),
          attempt: (ending) => tryOnce(node, port, ending),
        }),
      ),
    );
  }
}

async function tryOnce(node: NodeUnderTest | undefined, port: number, ending: AbortSignal): Promise<Finding> {
  try {
    (await connectTo(node, port, ending)).destroy();
    return undefined;
  } catch (error) {
    if (ending.aborted || error instanceof ConnectionLostError) throw error;
    return { found: inWords(error) };
  }
}
