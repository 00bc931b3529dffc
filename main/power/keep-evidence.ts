import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asShakedownError } from '../../common/errors.ts';
import { actInWords, type MachineAct } from '../../common/machine-acts.ts';
import type { RunContext } from '../context.ts';
import { type CollectOptions, collectNode, fetchReports } from '../phases/collect.ts';
import type { Node } from '../phases/phase.ts';

/** Seconds that bringing evidence home may hold up a restart. */
const limit = 30;

/**
 * Brings home what a machine loses by what is about to be done to it, into `directory`: logs and journals, which it may
 * have in memory only; before its disk is taken back, all that is collected of it. What could not be had is in the log;
 * throws only when `ctx` is aborted.
 */
export async function keepEvidence(
  node: Node,
  what: MachineAct,
  options: Omit<CollectOptions, 'signal'>,
  ctx: RunContext,
): Promise<void> {
  if (what.act === 'snapshot' || what.act === 'powerOn') return;
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(limit * 1000)]);
  const all = { ...options, signal };
  const problems = await (what.act === 'restore' ? collectNode(node, all) : keepLogs(node, all));
  ctx.signal.throwIfAborted();
  for (const problem of problems) ctx.log(`not collected before '${actInWords(what)}': ${problem}`, node.id);
}

async function keepLogs(node: Node, options: CollectOptions): Promise<readonly string[]> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      problems.push(`${what}: ${asShakedownError(error).message}`);
      return undefined;
    }
  };
  const logs = join(options.directory, 'logs');
  await attempt('reports', async () => {
    await mkdir(logs, { recursive: true });
    await fetchReports(node, logs, options, attempt);
  });
  return problems;
}
