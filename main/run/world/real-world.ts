import { startCheckHost } from '../../checks/vitest/check-host.ts';
import { resolveVersions } from '../../layers/resolve/resolve.ts';
import { startAptProxy } from '../../packages/apt-proxy.ts';
import { installHostPackages, mustBeInstallable } from './host-packages.ts';
import { realMachines } from './real-machines.ts';
import type { Caller, World } from './world.ts';

/** The world with its machines. */
export const realWorld = (caller: Caller): World => ({
  ...caller,
  clock: Date.now,
  ...realMachines(),
  startCheckHost,
  mustBeInstallable,
  installHostPackages,
  startAptProxy,
  resolveVersions,
});
