import type { Inventory } from './inventory.ts';
import { type SshSetting, sshSettings } from './ssh-settings.ts';

/** A file for `ssh -F FILE NAME`, and for whatever else reads ssh_config(5): scp, rsync, git, VS Code. */
export function sshConfig({ cluster, nodes, knownHostsFile }: Inventory): string {
  const blocks = nodes.flatMap(({ alias, ssh }) => {
    const jumps = ssh.jumps ?? [];
    const names = jumps.map((_, index) => `${alias}-jump${index}`);
    const via: readonly SshSetting[] = names.length > 0 ? [['ProxyJump', names.join(',')]] : [];
    return [
      block(alias, [...sshSettings(ssh, knownHostsFile), ...via]),
      ...jumps.map((jump, index) => block(names[index] ?? '', sshSettings(jump, knownHostsFile))),
    ];
  });
  return `# The machines of cluster ${cluster.id}: ssh -F THIS_FILE ${nodes[0]?.alias ?? ''}\n\n${blocks.join('\n')}`;
}

const block = (name: string, settings: readonly SshSetting[]): string =>
  `Host ${name}\n${settings.map(([keyword, value]) => `  ${keyword} ${value}\n`).join('')}`;
