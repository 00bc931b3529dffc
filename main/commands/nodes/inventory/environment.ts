import { quote } from '../../../providers/host/root-script.ts';
import type { Inventory } from './inventory.ts';
import { shellWord, sshWords } from './ssh-settings.ts';

/**
 * Variables for a POSIX shell: `eval "$(shakedown nodes inventory --format env)"`. SHAKEDOWN_NODES has the
 * ids, and for each there is SHAKEDOWN_NODE_<id>_ADDRESS, _NAME, _ROLE, _USER, _PORT, _KEY, and _SSH: a
 * command line up to the host, to be used with `eval`.
 */
export function environmentInventory({ cluster, nodes, knownHostsFile }: Inventory): string {
  const variables: (readonly [string, string | number | undefined])[] = [
    ['CLUSTER', cluster.id],
    ['MAIN_ADDRESS', cluster.mainAddress],
    ['KNOWN_HOSTS', knownHostsFile],
    ['NODES', nodes.map(({ machine }) => machine.id).join(' ')],
    ['ADDRESSES', nodes.map(({ machine }) => machine.address).join(' ')],
    ...nodes.flatMap(({ machine, ssh }) => {
      const words = sshWords(ssh, knownHostsFile);
      const facts = {
        NAME: machine.name,
        ADDRESS: machine.address,
        ROLE: machine.role ?? '',
        USER: ssh.user,
        PORT: ssh.port,
        KEY: ssh.keyFile ?? '',
        SSH: words.map(shellWord).join(' '),
      };
      return Object.entries(facts).map(([name, value]) => [`NODE_${machine.id}_${name}`, value] as const);
    }),
  ];
  return variables
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `export SHAKEDOWN_${name}=${quote(value ?? '')}\n`)
    .join('');
}
