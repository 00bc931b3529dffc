import type { Node } from '../cluster/node.ts';
import { stopService } from '../cluster/operations/services.ts';

/**
 * Stops a node's services, the last one first. One that will not stop does not keep the others from it; the
 * first failure is thrown when all have been tried.
 */
export async function stopServices(node: Node, timeout: number, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  for (const { name } of [...node.config.services].reverse()) {
    await stopService(node, name, { signal, timeout, brief: true }).catch((error) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** Lets a node's services go on when the agent has gone: the machine is kept. */
export async function leaveServices(node: Node, timeout: number, signal: AbortSignal): Promise<void> {
  await node.agent.call('hold', {}, { timeout, signal });
}
