import type { Inventory, InventoryNode } from './inventory.ts';
import { shellWord, sshArguments } from './ssh-settings.ts';

/**
 * An inventory in Ansible's INI format, which it reads whatever the file's name; each role
 * is a group. What ssh itself needs is in ansible_ssh_common_args, so that nothing of the
 * user's own ssh configuration comes in between.
 */
export function ansibleInventory({ cluster, nodes, knownHostsFile }: Inventory): string {
  const hosts = nodes.map((node) => hostLine(node, knownHostsFile));
  const roles = [...new Set(nodes.flatMap(({ machine }) => machine.role ?? []))];
  const groups = roles.map((role) => {
    const members = nodes.filter(({ machine }) => machine.role === role).map(({ alias }) => `${alias}\n`);
    return `\n[${groupName(role)}]\n${members.join('')}`;
  });
  return `# The machines of cluster ${cluster.id}: ansible -i THIS_FILE all -m ping\n${hosts.join('')}${groups.join('')}`;
}

function hostLine({ alias, machine, ssh }: InventoryNode, knownHostsFile: string): string {
  const { host, port, user, keyFile } = ssh;
  const args = sshArguments(ssh, knownHostsFile).map(shellWord);
  const variables: readonly (readonly [string, string | number])[] = [
    ['ansible_host', host],
    ['ansible_port', port],
    ['ansible_user', user],
    // Ansible hands it on as it is, and ssh takes `%` for a token; the arguments below have it in any case.
    ...(keyFile?.includes('%') === false ? [['ansible_ssh_private_key_file', keyFile] as const] : []),
    ['ansible_ssh_common_args', args.join(' ')],
    ['shakedown_id', machine.id],
    ['shakedown_address', machine.address],
  ];
  return `${alias} ${variables.map(([name, value]) => `${name}=${iniValue(String(value))}`).join(' ')}\n`;
}

/** Ansible takes the line apart as a shell does. */
const iniValue = (value: string): string =>
  /^[\w.:/@-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;

/** Letters, digits and underscores, and no digit at the beginning. */
const groupName = (role: string): string => role.replace(/\W/g, '_').replace(/^(?=\d)/, '_');
