import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ServiceSpec } from '../../../common/ready.ts';
import type { ServiceStatus } from '../../../common/service-status.ts';
import type { Timeouts } from '../../config/scenario.ts';
import * as field from '../../config/schema/field-schemas.ts';
import { type OnService, onService } from '../method.ts';
import type { Node } from '../node.ts';
import { serviceSpec } from '../service-spec.ts';

const nothing = z.tuple([]);

/** Whether only the state is told: what else there is to know costs the node two programs. */
interface Brief {
  readonly brief?: boolean;
  readonly signal?: AbortSignal;
}

/** Starts a service and waits until it is ready. Throws ShakedownError with its last lines. */
export const startService = (
  { agent, config: { workingDir } }: Node,
  service: ServiceSpec,
  { brief, ...options }: Brief = {},
): Promise<ServiceStatus> =>
  agent.call(
    'startService',
    { service, workingDir, ...present({ brief }) },
    { ...options, timeout: service.readyWithin + 30 },
  );

/** Stops a service and waits until it has stopped, `timeout` seconds at the most. */
export const stopService = (
  { agent }: Node,
  name: string,
  { brief, ...options }: Brief & { readonly timeout: number },
): Promise<ServiceStatus> => agent.call('stopService', { name, ...present({ brief }) }, options);

export const start = onService({
  params: nothing,
  run: ({ node, service }: OnService, _: []): Promise<ServiceStatus> => startService(node, service),
});

export const stop = onService({
  params: nothing,
  run: ({ node, service: { name, stopWithin } }: OnService, _: []): Promise<ServiceStatus> =>
    stopService(node, name, { timeout: stopWithin + 30 }),
});

/** How a service is killed. */
export interface KillOptions {
  /** `KILL` unless told. */
  readonly signal?: string;
  /** systemd may start it again at once, as its unit says; otherwise it stays down until `start()`. */
  readonly restart?: boolean;
}

const { exactOptional: optional } = z;
const killOptions = field.object(
  { signal: optional(field.text), restart: optional(field.flag) },
  "a signal's name, or an object of options",
);

export const kill = onService({
  params: z.tuple([optional(z.union([field.text, killOptions]))]),
  run: ({ node, service: { name } }: OnService, [given = {}]: [how?: string | KillOptions]) => {
    const { signal = 'KILL', restart = false } = typeof given === 'string' ? { signal: given } : given;
    const params = { name, signal: signal.replace(/^SIG/, ''), restart };
    return node.agent.call('killService', params, { timeout: 30 });
  },
});

export const status = onService({
  params: nothing,
  run: async ({ node, service }: OnService, _: []): Promise<ServiceStatus> => {
    const statuses = await node.agent.call('services', {});
    const found = statuses.find(({ name }) => name === service.name);
    return found ?? { name: service.name, state: 'stopped', lastLines: [] };
  },
});

/**
 * The node's service of that name, as the config has it. Throws ShakedownError with the names that there are.
 */
export function serviceOf(node: Node, name: string, timeouts: Timeouts): ServiceSpec {
  const { services } = node.config;
  const service = services.find((each) => each.name === name);
  if (service !== undefined) return serviceSpec(service, timeouts);
  const known = services.map((each) => `'${each.name}'`).join(', ') || 'none';
  throw new ShakedownError({
    message: `there is no service '${name}'; its services: ${known}`,
    verdict: 'fail',
  });
}
