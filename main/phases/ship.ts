import { join } from 'node:path';
import type { Node } from '../cluster/node.ts';
import type { Scenario } from '../config/scenario.ts';
import { packedEntry } from '../render/packed-entry.ts';
import { type WrittenFiles, writeTree } from '../render/write-tree.ts';
import { maskFiles } from '../secrets/mask-files.ts';
import type { RunStore } from '../store/run-store.ts';
import type { Preparation } from './phase.ts';

/** Writes what is sent into `nodes/<n>/to_deploy`, and sends what the node does not have yet. */
export async function ship(
  node: Node,
  unchanged: readonly string[],
  { store, ctx, scenario }: Preparation,
): Promise<void> {
  const sent = join(store.nodeDirectory(node.id), 'to_deploy');
  const options = { signal: ctx.signal, root: true };
  const present = new Set(unchanged);
  const entries = node.tree.entries.filter(({ path }) => !present.has(path));
  ctx.log(`sending ${entries.length} of ${node.tree.entries.length} entries`, node.id);
  const sending =
    entries.length > 0
      ? node.agent.sendTree(entries.map(packedEntry), node.config.workingDir, options)
      : Promise.resolve();
  // What was rendered stands here in any case, with its secrets masked.
  const [written, arrived] = await Promise.allSettled([
    writeDown(node, sent, scenario, filesOf(store)),
    sending,
  ]);
  if (arrived.status === 'rejected') throw arrived.reason;
  if (written.status === 'rejected') throw written.reason;
}

/** What was written in a run: nodes whose files are alike share them. */
const filesOfRuns = new WeakMap<RunStore, WrittenFiles>();

function filesOf(store: RunStore): WrittenFiles {
  const known = filesOfRuns.get(store) ?? new Map();
  filesOfRuns.set(store, known);
  return known;
}

async function writeDown(
  { tree }: Node,
  directory: string,
  { secrets }: Scenario,
  written: WrittenFiles,
): Promise<void> {
  try {
    await writeTree(tree, directory, written);
  } finally {
    await maskFiles(directory, secrets);
  }
}
