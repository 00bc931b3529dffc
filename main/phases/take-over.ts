import type { Node } from '../cluster/node.ts';
import { serviceSpec } from '../cluster/service-spec.ts';
import type { Preparation } from './phase.ts';

/**
 * Begins on a node that was kept with its services running. Who begins with the checks goes on
 * with them, and is told which are to be started; before an earlier phase they are stopped, since
 * what they were started with may change.
 */
export async function takeOverServices(
  node: Node,
  { ctx, from, scenario, stops }: Preparation,
): Promise<void> {
  const limit = { signal: ctx.signal, timeout: scenario.timeouts.stop };
  // That is what `clean` does by itself.
  if (from === 'clean') return;
  if (from !== 'check') {
    const release = () => node.agent.call('release', {}, limit);
    await (stops?.take(release) ?? release());
    return;
  }
  const { workingDir } = node.config;
  const services = node.config.services.map((service) => serviceSpec(service, scenario.timeouts));
  for (const { name, state } of await node.agent.call('resume', { services, workingDir }, limit)) {
    if (state !== 'stopped' && state !== 'died') continue;
    ctx.emit({ type: 'note', message: `${name} does not run; it is started`, node: node.id, phase: 'start' });
  }
}
