import { agentShares } from '../agent/agent-shares.ts';
import { startAgent } from '../agent/start-agent.ts';
import { startCheckHost } from '../checks/check-host.ts';
import { startAptProxy } from '../packages/apt-proxy.ts';
import { installHostPackages, mustBeInstallable } from '../packages/host-packages.ts';
import { providerNamed } from '../providers/registry.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import type { Face } from '../report/face.ts';
import type { World } from '../world.ts';
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
    clock: Date.now,
    provider: providerNamed,
    connector: { connect: connectSsh, startAgent },
    agentShares,
    startCheckHost,
    mustBeInstallable,
    installHostPackages,
    startAptProxy,
  };
}
