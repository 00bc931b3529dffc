import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asShakedownError } from '../../common/errors.ts';
import type { MachineAct } from '../../common/machine-acts.ts';
import { type CollectOptions, collectNode, fetchReports, type Reached } from '../phases/collect.ts';

/**
 * Brings home what a machine loses by what is about to be done to it, into `directory`: logs and journals, which it may
 * have in memory only; before its disk is taken back, all that is collected of it. Never throws: gives what could not
 * be had, as sentences.
 */
export async function keepEvidence(
  node: Reached,
  { act }: MachineAct,
  options: CollectOptions,
): Promise<readonly string[]> {
  if (act === 'snapshot' || act === 'powerOn') return [];
  if (act === 'restore') return collectNode(node, options);
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
