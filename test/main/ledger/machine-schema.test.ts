import { expect, test } from 'vitest';
import { machineSchema } from '../../../main/ledger/machine-schema.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';

test('a ledger keeps all that is known of how a machine is reached', () => {
  // A new field that is missing here is told by the compiler.
  const target: Required<SshTarget> = {
    host: '10.0.0.5',
    port: 22,
    user: 'root',
    keyFile: '/keys/a',
    identityFiles: ['/keys/b'],
    identitiesOnly: true,
    identityAgent: '/run/agent',
    certificateFiles: ['/keys/b-cert.pub'],
    keyAlgorithms: ['ssh-ed25519'],
    hostKey: 'ssh-ed25519 AAAA',
    hostKeyAlias: 'db1',
    acceptNewHostKey: true,
    acceptChangedHostKey: true,
    acceptAnyOnLoopback: true,
    hashKnownHosts: true,
    revokedHostKeys: '/keys/revoked',
    knownHostsFiles: ['/known'],
    jumps: [{ host: 'gate', port: 22, user: 'me', bindInterface: 'eth0' }],
    proxyCommand: 'nc 10.0.0.5 22',
    addressFamily: 6,
    bindAddress: '10.0.0.1',
    bindInterface: 'eth0',
    connectTimeout: 30,
    algorithms: { kex: ['a'], cipher: ['b'], mac: ['c'], hostKey: ['d'] },
    setEnv: { A: 'b' },
    sendEnv: ['C_*'],
    notFollowed: ['/config:7: ControlPath is not followed'],
  };
  const machine = { id: 0, name: 'n0', address: '10.0.0.5', ssh: target };
  expect(machineSchema.parse(JSON.parse(JSON.stringify(machine)))).toEqual(machine);
});
