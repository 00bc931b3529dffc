import { asShakedownError } from '../../common/errors.ts';
import { hasPackages } from '../cluster/has-packages.ts';
import type { Node } from '../cluster/node.ts';
import { startHeldBack } from '../cluster/operations/packages.ts';
import { startService } from '../cluster/operations/services.ts';
import { serviceSpec } from '../cluster/service-spec.ts';
import type { ServiceOnNode } from '../config/order/start-order.ts';
import type { Preparation } from './phase.ts';

/**
 * Starts what installations held back on the node, then the node's services in their order, each until it is
 * ready, and once what it comes `after` on other nodes is.
 */
export async function startServices(node: Node, preparation: Preparation): Promise<void> {
  const { ctx, scenario, order, others } = preparation;
  if (hasPackages(node.config))
    await startHeldBack(node, { signal: ctx.signal, timeout: scenario.timeouts.start });
  for (const service of node.config.services) {
    const one = { node: node.id, service: service.name };
    const first = order.waitsFor(one);
    if (first.length > 0) {
      tell(node, `${service.name} waits for ${inWords(first)}`, preparation);
      await others.ready(first, ctx.signal);
    }
    const spec = serviceSpec(service, scenario.timeouts);
    try {
      await startService(node, spec, { signal: ctx.signal, brief: true });
    } catch (error) {
      throw asShakedownError(error, { log: `nodes/${node.id}/logs/${service.name}.log` });
    }
    others.isReady(one);
    tell(node, `${service.name} is ready`, preparation);
  }
}

const tell = (node: Node, message: string, { ctx }: Preparation): void =>
  ctx.emit({ type: 'note', message, node: node.id, phase: 'start' });

/** `mariadb on node 0, etcd on nodes 1, 2` */
function inWords(services: readonly ServiceOnNode[]): string {
  return [...Map.groupBy(services, ({ service }) => service)]
    .map(
      ([name, on]) =>
        `${name} on ${on.length === 1 ? 'node' : 'nodes'} ${on.map(({ node }) => node).join(', ')}`,
    )
    .join(' and ');
}
