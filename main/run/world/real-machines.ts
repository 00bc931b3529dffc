import type { HandOn } from '../../agent/hand-on/hand-on.ts';
import { providerNamed } from '../../providers/registry.ts';
import { whenCalled } from './when-called.ts';
import type { World } from './world.ts';

/**
 * Machines as they are for one run, what makes them, and how they are reached: by ssh, with the agent. The
 * nodes of the run hand on to one another what an agent needs.
 */
export const realMachines = (): Pick<World, 'provider' | 'connector' | 'agentShares'> => {
  let handOn: HandOn | undefined;
  return {
    provider: providerNamed,
    connector: {
      connect: whenCalled(async () => (await import('../../remotes/ssh-remote.ts')).connectSsh),
      startAgent: whenCalled(async () => {
        const { startAgent } = await import('../../agent/start-agent.ts');
        const { HandOn } = await import('../../agent/hand-on/hand-on.ts');
        handOn ??= new HandOn();
        const among = { handOn };
        return (remote, options) => startAgent(remote, { ...options, ...among });
      }),
    },
    agentShares: whenCalled(async () => (await import('../../agent/agent-shares.ts')).agentShares),
  };
};
