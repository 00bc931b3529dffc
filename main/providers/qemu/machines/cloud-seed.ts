import type { Resolver } from '../../host/resolver.ts';

export interface SeedPlan {
  readonly cluster: string;
  readonly id: number;
  readonly name: string;
  readonly mac: string;
  readonly hostKey: string;
  readonly publicHostKey: string;
  readonly user: string;
  readonly publicKey: string;
  readonly resolver: Resolver;
}

/**
 * What cloud-init reads from a disk with the label `cidata` (its NoCloud data source), as JSON, which YAML
 * includes: the files' contents by their names. `@address@`, `@gateway@`, `@mtu@`, `@net@` and `@hosts@` are
 * known when the machine is made. The host key is given, so that the first connection is verified.
 */
export function cloudSeed(plan: SeedPlan): Readonly<Record<string, string>> {
  const { cluster, id, name, mac, user, publicKey, resolver } = plan;
  const keys = { ssh_authorized_keys: [publicKey] };
  const sudo = { sudo: 'ALL=(ALL) NOPASSWD:ALL', shell: '/bin/bash', lock_passwd: true };
  const userData = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: plan.hostKey, ed25519_public: plan.publicHostKey },
    disable_root: false,
    users: [{ name: 'root', ...keys }, ...(user === 'root' ? [] : [{ name: user, ...sudo, ...keys }])],
    hostname: name,
    manage_etc_hosts: false,
    write_files: [{ path: '/etc/hosts', content: '@hosts@\n' }],
  };
  const servers = resolver.servers.map((server) => (server === 'main' ? '@net@.1' : server));
  const network = {
    version: 2,
    ethernets: {
      card: {
        match: { macaddress: mac },
        addresses: ['@address@/24'],
        gateway4: '@gateway@',
        mtu: '@mtu@',
        nameservers: { addresses: servers },
      },
    },
  };
  return {
    'user-data': `#cloud-config\n${JSON.stringify(userData)}\n`,
    'meta-data': `${JSON.stringify({ 'instance-id': `sq${cluster}-${id}`, 'local-hostname': name })}\n`,
    'network-config': `${JSON.stringify(network).replace('"@mtu@"', '@mtu@')}\n`,
  };
}
