import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceConfig, Timeouts } from '../config/scenario.ts';
import type { Node, Preparation } from './phase.ts';

/** Starts what the installation held back, then the node's services in their order, each until it is ready. */
export async function startServices(
  node: Node,
  heldBack: readonly string[],
  { ctx, scenario }: Preparation,
): Promise<void> {
  const named = new Set(node.config.services.map((service) => unitName(service.unit)));
  const units = heldBack.filter((unit) => !named.has(unitName(unit)));
  if (units.length > 0) await node.agent.call('startHeldBack', { units }, { signal: ctx.signal });
  for (const service of node.config.services) {
    const spec = serviceSpec(service, scenario.timeouts);
    await node.agent.call(
      'startService',
      { service: spec, workingDir: node.config.workingDir },
      { signal: ctx.signal, timeout: spec.readyWithin + 30 },
    );
    ctx.emit({ type: 'note', message: `${service.name} is ready`, node: node.id, phase: 'start' });
  }
}

const unitName = (unit: string | undefined): string | undefined =>
  unit === undefined || unit.includes('.') ? unit : `${unit}.service`;

const serviceSpec = (service: ServiceConfig, timeouts: Timeouts): ServiceSpec => ({
  ...service,
  readyWithin: service.readyWithin ?? timeouts.start,
  stopWithin: service.stopWithin ?? 10,
});
