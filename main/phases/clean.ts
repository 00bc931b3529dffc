import type { Node } from '../cluster/node.ts';
import { cleanNode } from '../cluster/operations/clean.ts';
import type { RunContext } from '../context/run-context.ts';
import { notPutBack } from '../ledger/borrowed-node-undo.ts';

/**
 * Stops what an earlier run left on the node, puts back what it had placed, and clears the working directory
 * of all that will not be sent as it is there. Gives the paths that need not be sent.
 */
export async function clean(node: Node, ctx: RunContext): Promise<readonly string[]> {
  const { unchanged, restored, notRestored } = await cleanNode(node, { signal: ctx.signal });
  if (restored.length > 0) ctx.log(`put back from an earlier run: ${restored.join(', ')}`, node.id);
  for (const each of notRestored) ctx.log(notPutBack(each), node.id);
  return unchanged;
}
