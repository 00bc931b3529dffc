import { ShakedownError } from '../../common/errors.ts';
import { ConnectionLostError } from '../remotes/connection-errors.ts';
import type { MachinePower, Node } from './node.ts';

/**
 * Waits until a restart of the node that is under way is over, then calls. A call that a restart breaks off
 * is told so: it is no loss of the node. Throws ShakedownError when the node is off.
 */
export async function whileUp<T>(node: Node, power: MachinePower, call: () => Promise<T>): Promise<T> {
  await power.up(node);
  const { remote } = node;
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ConnectionLostError)) throw error;
    if (!node.endIsExpected && node.remote === remote) throw error;
    const message = 'broken off: the node was restarted or switched off meanwhile';
    throw new ShakedownError({ message, verdict: 'fail' }, { cause: error });
  }
}
