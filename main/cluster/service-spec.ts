import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceConfig } from '../config/node/node-config.ts';
import type { Timeouts } from '../config/scenario.ts';

/** A service with nothing left to decide. */
export const serviceSpec = (
  { after: _theOrderIsOurs, ...service }: ServiceConfig,
  timeouts: Timeouts,
): ServiceSpec => ({
  ...service,
  readyWithin: service.readyWithin ?? timeouts.start,
  stopWithin: service.stopWithin ?? 10,
});
