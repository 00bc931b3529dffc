import { providerNamed } from '../../providers/registry.ts';
import { whenCalled } from './when-called.ts';
import type { World } from './world.ts';

/** Machines as they are, what makes them, and how they are reached: by ssh, with the agent. */
export const realMachines: Pick<World, 'provider' | 'connector' | 'agentShares'> = {
  provider: providerNamed,
  connector: {
    connect: whenCalled(async () => (await import('../../remotes/ssh-remote.ts')).connectSsh),
    startAgent: whenCalled(async () => (await import('../../agent/start-agent.ts')).startAgent),
  },
  agentShares: whenCalled(async () => (await import('../../agent/agent-shares.ts')).agentShares),
};
