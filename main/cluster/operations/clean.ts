import { z } from 'zod';
import { present } from '../../../common/present.ts';
import type { CleanResult } from '../../../common/protocol/placed-files.ts';
import { treeEntries } from '../../render/tree.ts';
import { type Asked, type OnNode, onNode } from '../method.ts';
import type { Node } from '../node.ts';

/**
 * Stops what runs of ours started on the node, puts back what they had placed, and clears the working
 * directory of all that is not as it was, or will be, sent.
 */
export const cleanNode = (
  { agent, config: { workingDir }, tree }: Node,
  options: { readonly timeout?: number; readonly signal?: AbortSignal },
): Promise<CleanResult> => agent.call('clean', { workingDir, keep: treeEntries(tree) }, options);

export const clean = onNode({
  params: z.tuple([]),
  run: async ({ live, node }: OnNode, _: [], { signal }: Asked): Promise<readonly string[]> => {
    const limit = { timeout: live.timeouts.ship, ...present({ signal }) };
    return (await cleanNode(node, limit)).notRestored;
  },
});
