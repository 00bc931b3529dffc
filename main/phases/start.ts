import { asShakedownError } from '../../common/errors.ts';
import type { Node } from '../cluster/node.ts';
import { serviceSpec } from '../cluster/service-spec.ts';
import type { Preparation } from './phase.ts';

/** Starts what the installation held back, then the node's services in their order, each until it is ready. */
export async function startServices(
  node: Node,
  heldBack: readonly string[],
  { ctx, scenario }: Preparation,
): Promise<void> {
  const named = new Set(node.config.services.map((service) => unitName(service.unit)));
  const units = heldBack.filter((unit) => !named.has(unitName(unit)));
  const limit = { signal: ctx.signal, timeout: scenario.timeouts.start };
  if (units.length > 0) await node.agent.call('startHeldBack', { units }, limit);
  for (const service of node.config.services) {
    const spec = serviceSpec(service, scenario.timeouts);
    const params = { service: spec, workingDir: node.config.workingDir };
    try {
      await node.agent.call('startService', params, { signal: ctx.signal, timeout: spec.readyWithin + 30 });
    } catch (error) {
      throw asShakedownError(error, { log: `nodes/${node.id}/logs/${service.name}.log` });
    }
    ctx.emit({ type: 'note', message: `${service.name} is ready`, node: node.id, phase: 'start' });
  }
}

/** With its suffix; a dot alone is none, as in php8.2-fpm (systemd.unit(5)). */
const unitName = (unit: string | undefined): string | undefined =>
  unit === undefined || /\.(service|socket|timer|path|target|mount)$/.test(unit) ? unit : `${unit}.service`;
