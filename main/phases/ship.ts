import { join } from 'node:path';
import type { Node } from '../cluster/node.ts';
import { treeEntries } from '../render/tree.ts';
import { writeTree } from '../render/write-tree.ts';
import { maskFiles } from '../secrets/mask-files.ts';
import type { Preparation } from './phase.ts';

/** Writes what is sent into `nodes/<n>/to_deploy`, and sends what the node does not have yet. */
export async function ship(
  node: Node,
  unchanged: readonly string[],
  { store, ctx, scenario }: Preparation,
): Promise<void> {
  const sent = join(store.nodeDirectory(node.id), 'to_deploy');
  await writeTree(node.tree, sent);
  const options = { signal: ctx.signal, root: true };
  const present = new Set(unchanged);
  const entries = treeEntries(node.tree)
    .map((entry) => entry.path)
    .filter((path) => !present.has(path));
  ctx.log(`sending ${entries.length} of ${node.tree.entries.length} entries`, node.id);
  try {
    if (entries.length > 0) await node.agent.upload(sent, node.config.workingDir, { ...options, entries });
  } finally {
    await maskFiles(sent, scenario.secrets);
  }
}
