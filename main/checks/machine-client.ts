import type { MachineAct } from '../../common/machine-acts.ts';
import * as protocol from './check-protocol.ts';
import { type ClusterError, failure } from './cluster-error.ts';
import { currentTestName, workerLink } from './worker-link.ts';

/** A node's machine as a whole, as tests see it. What its kind cannot do throws at once. */
export interface NodeMachine {
  /** Restarts the machine, and resolves when it can be used again; so do `powerOn` and `restore`. */
  reboot(): Promise<void>;
  /** Cuts its power, as by the plug: nothing is shut down. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  /** Keeps what it is now under a name (a-z, 0-9 and hyphens); one that exists is replaced. */
  snapshot(name: string): Promise<void>;
  /** Takes it back to that. */
  restore(name: string): Promise<void>;
}

/** What is done to a node's whole machine. */
export function nodeMachine(node: number): NodeMachine {
  const act = async (what: MachineAct, failed: ClusterError): Promise<void> => {
    const by = currentTestName();
    const params = { node, what, ...(by === undefined ? {} : { by }) };
    await workerLink().ask(protocol.machineAct, params, failed);
  };
  return {
    reboot: function reboot() {
      return act({ act: 'reboot' }, failure(reboot));
    },
    powerOff: function powerOff() {
      return act({ act: 'powerOff' }, failure(powerOff));
    },
    powerOn: function powerOn() {
      return act({ act: 'powerOn' }, failure(powerOn));
    },
    snapshot: function snapshot(name) {
      return act({ act: 'snapshot', name: String(name) }, failure(snapshot));
    },
    restore: function restore(name) {
      return act({ act: 'restore', name: String(name) }, failure(restore));
    },
  };
}
