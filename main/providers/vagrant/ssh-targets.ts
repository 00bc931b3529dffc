import SSHConfig from 'ssh-config';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import type { Login } from '../provider.ts';
import { targetFrom } from '../ssh/ssh-target.ts';

/**
 * How to reach machines, from what `vagrant ssh-config` printed. The first connection records the host key in
 * `knownHosts`, a file of the cluster's own, and later ones must meet it: vagrant itself checks none. Throws
 * ShakedownError for a machine that is reached through a ProxyCommand, which ssh2 cannot run.
 */
export function sshTargets(
  printed: string,
  machines: readonly string[],
  knownHosts: string,
): readonly SshTarget[] {
  const config = SSHConfig.parse(printed);
  return machines.map((address, node) => {
    const computed = config.compute(address);
    if (computed.ProxyCommand !== undefined) {
      throw new ShakedownError({
        message: `vagrant reaches its machine '${address}' through a ProxyCommand, which is not supported: ${computed.ProxyCommand}`,
        node,
        hint: 'run shakedown on the host that the machines are on',
      });
    }
    if (computed.HostName === undefined) {
      throw new ShakedownError({ message: `vagrant told no address of its machine '${address}'`, node });
    }
    const settings = new Map(
      Object.entries(computed).map(([keyword, value]) => [keyword.toLowerCase(), [value].flat()]),
    );
    const { knownHostsFiles: _, acceptChangedHostKey: __, ...target } = targetFrom({ address }, {}, settings);
    return { ...target, acceptNewHostKey: true, knownHostsFiles: [knownHosts] };
  });
}

/** With the one host key to accept, where it is known. */
export function pinned(target: SshTarget, hostKey: string | undefined): SshTarget {
  if (hostKey === undefined) return target;
  const { acceptNewHostKey: _, knownHostsFiles: __, ...rest } = target;
  return { ...rest, hostKey };
}

/** For the cluster's login: its key first; vagrant's own serves its user alone. */
export function withLogin(target: SshTarget, { user, keyFile }: Login): SshTarget {
  const other = user !== undefined && user !== target.user;
  const { identityFiles: _, identitiesOnly: __, ...rest } = target;
  return {
    ...(other ? rest : target),
    user: user ?? target.user,
    ...present({ keyFile }),
  };
}
