import type { Cluster, Machine } from '../../../providers/provider.ts';
import { defaultFiles } from '../../../remotes/login/host-keys.ts';
import { hostName, knownKeys } from '../../../remotes/login/known-hosts.ts';
import type { SshTarget } from '../../../remotes/ssh-target.ts';

/** The machines of a cluster as other tools are told of them. */
export interface Inventory {
  readonly cluster: Cluster;
  readonly nodes: readonly InventoryNode[];
  /** The file that `knownHosts` is written to, absolute. */
  readonly knownHostsFile: string;
}

/** A machine, and how OpenSSH reaches it. */
export interface InventoryNode {
  readonly machine: Machine;
  /** Its name where other tools can take that, else `node<id>`. */
  readonly alias: string;
  /** The host keys to accept, as `ssh-ed25519 AAAA…`; empty where none is known. */
  readonly hostKeys: readonly string[];
  readonly ssh: SshTarget;
}

export function inventoryOf(cluster: Cluster, knownHostsFile: string): Inventory {
  const nodes = cluster.machines.map((machine) => ({
    machine,
    alias: /^[a-z0-9][\w.-]*$/i.test(machine.name) ? machine.name : `node${machine.id}`,
    hostKeys: hostKeysOf(machine.ssh),
    ssh: machine.ssh,
  }));
  return { cluster, nodes, knownHostsFile };
}

/**
 * The pinned key; else those that the user's known_hosts lists, so that the inventory is enough by itself.
 */
function hostKeysOf(target: SshTarget): readonly string[] {
  const { host, port, hostKey, hostKeyAlias, knownHostsFiles = defaultFiles() } = target;
  if (hostKey !== undefined) return [hostKey.split(/\s+/).slice(0, 2).join(' ')];
  const keys = knownKeys(knownHostsFiles, hostKeyAlias ?? hostName(host, port));
  // As ssh does: a key that is known for the address stands for its other ports too.
  return keys.length > 0 || hostKeyAlias !== undefined ? keys : knownKeys(knownHostsFiles, host);
}

/** The known_hosts file (sshd(8)) with the keys of all machines and of the jump hosts before them. */
export function knownHosts({ nodes }: Inventory): string {
  const targets = nodes.flatMap(({ ssh }) => [ssh, ...(ssh.jumps ?? [])]);
  const lines = targets.flatMap((target) => {
    const name = target.hostKeyAlias ?? hostName(target.host, target.port);
    return hostKeysOf(target).map((key) => `${name} ${key}\n`);
  });
  return [...new Set(lines)].join('');
}
