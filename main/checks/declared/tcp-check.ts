import type { NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import type { DeclaredCheck } from '../../config/scenario.ts';
import { ConnectionLostError } from '../../remotes/connection-errors.ts';
import type { Finding } from './attempts.ts';
import { byWay, connectTo, inWords } from './node-connection.ts';
import { type Look, TargetCheck } from './target-check.ts';
import type { Target } from './targets.ts';

/**
 * A port that accepts connections from the main host: on each node of `on`, or on the main host itself. Where
 * the main host has no route to a node the node's own sshd connects.
 */
export class TcpCheck extends TargetCheck<DeclaredCheck & { kind: 'tcp' }> {
  protected look({ node }: Target): Look {
    const { port } = this.spec;
    return {
      way: byWay(node),
      expected: `${node?.address ?? '127.0.0.1'}${byWay(node)} to accept connections on port ${port}`,
      attempt: (ending) => tryOnce(node, port, ending),
    };
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
