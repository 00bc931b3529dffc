import type { FailureDetails } from '../../common/errors.ts';
import { asShakedownError } from '../../common/errors.ts';
import type { Node } from './phase.ts';

/** Stops a node's services, the last one first. One that will not stop does not keep the others from it. */
export async function stopServices(node: Node, timeout: number, signal: AbortSignal): Promise<void> {
  const failures: FailureDetails[] = [];
  for (const { name } of [...node.config.services].reverse()) {
    try {
      await node.agent.call('stopService', { name }, { signal, timeout });
    } catch (error) {
      failures.push(asShakedownError(error, { message: `service '${name}' did not stop` }).details);
    }
  }
  const [first] = failures;
  if (first) throw asShakedownError(new Error(first.message), first);
}
