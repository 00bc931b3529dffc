import type { ServiceStatus } from '../../common/protocol.ts';
import * as protocol from './check-protocol.ts';
import { type ClusterError, failure, quoted } from './cluster-error.ts';
import { workerLink } from './worker-link.ts';

/** A service of one node, as the config names it. */
export interface Service {
  readonly name: string;
  /** Starts it and waits until it is ready. */
  start(): Promise<ServiceStatus>;
  /** Stops it and waits until it has stopped; one that does not run is left as it is. */
  stop(): Promise<ServiceStatus>;
  /** Sends a signal (`KILL` unless told; `STOP`, `CONT`, `HUP` …) to all its processes. */
  kill(signal?: string): Promise<ServiceStatus>;
  status(): Promise<ServiceStatus>;
}

/** The service of that name on a node; whether there is one shows when it is asked. */
export function service(node: number, name: string): Service {
  const change = (action: 'start' | 'stop' | 'kill', failed: ClusterError, signal?: string) => {
    const params = { node, name, action, ...(signal === undefined ? {} : { signal }) };
    return workerLink().ask(protocol.changeService, params, failed);
  };

  async function status(): Promise<ServiceStatus> {
    const failed = failure(status);
    const services = await workerLink().ask(protocol.services, { node }, failed);
    const found = services.find((each) => each.name === name);
    if (found) return found;
    const known = services.map((each) => quoted(each.name)).join(', ') || 'none';
    failed.message = `node ${node} has no service '${name}'; its services: ${known}`;
    throw failed;
  }

  return {
    name,
    status,
    start: function start() {
      return change('start', failure(start));
    },
    stop: function stop() {
      return change('stop', failure(stop));
    },
    kill: function kill(signal = 'KILL') {
      return change('kill', failure(kill), signal);
    },
  };
}
