import { actInWords, type MachineAct } from '../../../common/machine-acts.ts';
import { limited } from '../../../common/time-limit.ts';
import type { RunContext } from '../../context/run-context.ts';
import { collectNode } from '../collect/collect.ts';
import { collectReports } from '../collect/collect-reports.ts';
import type { CollectOptions } from '../collect/collecting.ts';
import type { Node } from '../node.ts';

/** Seconds that bringing evidence home may hold up a restart. */
const limit = 30;

/**
 * Brings home what a machine loses by what is about to be done to it, into `directory`: logs and journals,
 * which it may have in memory only; before its disk is taken back, all that is collected of it. What could
 * not be had is in the log; throws only when `ctx` is aborted.
 */
export async function keepEvidence(
  node: Node,
  what: MachineAct,
  options: Omit<CollectOptions, 'signal'>,
  ctx: RunContext,
): Promise<void> {
  if (what.act === 'snapshot' || what.act === 'powerOn') return;
  const all = { ...options, signal: limited(limit, ctx.signal) };
  const problems = await (what.act === 'restore' ? collectNode(node, all) : collectReports(node, all));
  ctx.signal.throwIfAborted();
  for (const problem of problems) ctx.log(`not collected before '${actInWords(what)}': ${problem}`, node.id);
}
