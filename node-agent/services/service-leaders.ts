import { isAlive, type ProcessIdentity, processIdentity } from '../../common/processes/process-identity.ts';
import type { AgentState } from '../agent-state.ts';

/** The first process of a supervised command. */
export interface Leader {
  readonly process: ProcessIdentity;
  /** Where in its log the service began, in bytes. */
  readonly logStart: number;
}

/** Where they stand in the agent's state. */
const record = 'service-leaders.json';

/**
 * The first processes of the supervised commands that agents started on this node, by service;
 * on disk, so that another agent can go on with them, also where a program has written over
 * its environment and with it our mark.
 */
export class ServiceLeaders {
  readonly #state: AgentState;

  constructor(state: AgentState) {
    this.#state = state;
  }

  /** Never throws: on a full disk a service starts all the same. */
  note(name: string, pid: number, logStart: number): void {
    try {
      this.#state.write(record, { ...this.#read(), [name]: { process: processIdentity(pid), logStart } });
    } catch {
      // Then it is found by its mark, and started anew instead of being adopted.
    }
  }

  /** That of a service, as long as it runs. */
  find(name: string): Leader | undefined {
    const leader = this.#read()[name];
    return leader && isAlive(leader.process) ? leader : undefined;
  }

  /** Ids of all those that run. */
  running(): number[] {
    return Object.values(this.#read()).flatMap(({ process }) => (isAlive(process) ? process.pid : []));
  }

  #read(): Readonly<Record<string, Leader>> {
    return this.#state.read<Record<string, Leader>>(record, {});
  }
}
