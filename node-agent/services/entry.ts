import type { ServiceSpec } from '../../common/ready.ts';
import type { ServiceState } from '../../common/service-status.ts';
import type { Service, ServiceEnd } from './service.ts';

/** What is known of one service. */
export interface Entry {
  readonly spec: ServiceSpec;
  readonly service: Service;
  state: ServiceState;
  /** A call that starts it is under way. */
  busy: boolean;
  /** Another agent started it, or the boot: what it is has to be looked up, and nobody waits for its end. */
  resumed: boolean;
  /** Its end was asked for. */
  expected: boolean;
  end: ServiceEnd | undefined;
  /** Told when it ends while it starts. */
  onEnd: (() => void) | undefined;
}

/** An entry of which nothing is under way. */
export const settled = { busy: false, resumed: false, expected: false, end: undefined, onEnd: undefined };
