import { startAgent } from '../../agent/start-agent.ts';
import type { Connector } from '../../cluster/connector.ts';
import { providerNamed } from '../../providers/registry.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';

/** Machines as they are: by ssh, with the agent. */
export const realConnector: Connector = { connect: connectSsh, startAgent };

/** What makes them, and how they are reached. */
export const realMachines = { provider: providerNamed, connector: realConnector } as const;
