import { agentShares } from '../agent/agent-shares.ts';
import { startCheckHost } from '../checks/check-host.ts';
import { startAptProxy } from '../packages/apt-proxy.ts';
import { installHostPackages, mustBeInstallable } from '../packages/host-packages.ts';
import type { Face } from '../report/face.ts';
import { voiceOf } from '../report/voice.ts';
import { realMachines } from '../run/real-machines.ts';
import type { World } from '../run/world.ts';
import type { CommandEnvironment } from './command.ts';

/** The world with its machines, for a command that was started in it. */
export function realWorld(environment: CommandEnvironment, face: Face): World {
  const { cwd, env, signal, hurry, cacheDir } = environment;
  return {
    directory: cwd,
    env,
    signal,
    hurry,
    cacheDir,
    face,
    tell: (line) => voiceOf(environment).info(line),
    clock: Date.now,
    ...realMachines,
    agentShares,
    startCheckHost,
    mustBeInstallable,
    installHostPackages,
    startAptProxy,
  };
}
