import { asShakedownError } from '../../common/errors.ts';
import type { Node } from '../cluster/node.ts';
import { startService } from '../cluster/operations/services.ts';
import { serviceSpec } from '../cluster/service-spec.ts';
import { installs } from './install.ts';
import type { Preparation } from './phase.ts';

/** Starts what installations held back on the node, then the node's services in their order, each until it is ready. */
export async function startServices(node: Node, { ctx, scenario }: Preparation): Promise<void> {
  if (installs(node.config)) {
    const limit = { signal: ctx.signal, timeout: scenario.timeouts.start };
    const except = node.config.services.flatMap(({ unit }) => unit ?? []);
    await node.agent.call('startHeldBack', { except }, limit);
  }
  for (const service of node.config.services) {
    const spec = serviceSpec(service, scenario.timeouts);
    try {
      await startService(node, spec, { signal: ctx.signal });
    } catch (error) {
      throw asShakedownError(error, { log: `nodes/${node.id}/logs/${service.name}.log` });
    }
    ctx.emit({ type: 'note', message: `${service.name} is ready`, node: node.id, phase: 'start' });
  }
}
