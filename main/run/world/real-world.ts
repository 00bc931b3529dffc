import { agentShares } from '../../agent/agent-shares.ts';
import { startCheckHost } from '../../checks/vitest/check-host.ts';
import { resolveVersions } from '../../layers/resolve/resolve.ts';
import { startAptProxy } from '../../packages/apt-proxy.ts';
import { installHostPackages, mustBeInstallable } from './host-packages.ts';
import { realMachines } from './real-machines.ts';
import type { World } from './world.ts';

/** What of a run's world is its caller's. */
export type Caller = Pick<World, 'directory' | 'env' | 'signal' | 'hurry' | 'cacheDir' | 'face' | 'tell'>;

/** The world with its machines. */
export const realWorld = (caller: Caller): World => ({
  ...caller,
  clock: Date.now,
  ...realMachines,
  agentShares,
  startCheckHost,
  mustBeInstallable,
  installHostPackages,
  startAptProxy,
  resolveVersions,
});
