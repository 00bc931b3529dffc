import { borrowedMachines } from '../../../providers/provider.ts';
import type { Inventory } from './inventory.ts';
import { sshWords } from './ssh-settings.ts';

/**
 * `{cluster, provider, mainAddress, knownHostsFile, nodes: [{id, name, role,
 * address, borrowed, ssh, hostKeys, command}]}`.
 */
export function jsonInventory({ cluster, nodes, knownHostsFile }: Inventory): string {
  const { id, provider, mainAddress } = cluster;
  const borrowed = borrowedMachines(cluster);
  const listed = nodes.map(({ machine, ssh, hostKeys }) => ({
    id: machine.id,
    name: machine.name,
    ...(machine.role === undefined ? {} : { role: machine.role }),
    address: machine.address,
    borrowed: borrowed.includes(machine),
    ssh,
    hostKeys,
    /** The words of a command that logs in. */
    command: sshWords(ssh, knownHostsFile),
  }));
  const whole = {
    ...{ cluster: id, provider },
    ...(mainAddress === undefined ? {} : { mainAddress }),
    ...{ knownHostsFile, nodes: listed },
  };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}
