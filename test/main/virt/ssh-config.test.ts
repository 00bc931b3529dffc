import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import { sshFiles } from '../../../main/virt/ssh-config.ts';
import { folder } from '../remotes/fake-node.ts';

/** What OpenSSH itself makes of the configuration, for a host in it. */
function understood(target: SshTarget, host = 'testbed') {
  const directory = folder();
  const { config, knownHosts } = sshFiles(target, directory, join(directory, 'sock'));
  writeFileSync(join(directory, 'config'), config);
  const printed = execFileSync('ssh', ['-G', '-F', join(directory, 'config'), host], { encoding: 'utf8' });
  const settings = new Map(
    printed.split('\n').map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')] as const),
  );
  return { settings, knownHosts, directory };
}

const machine: SshTarget = {
  host: '10.1.2.3',
  port: 2222,
  user: 'root',
  keyFile: '/keys/a %key',
  hostKey: 'ssh-ed25519 AAAA',
};

test('a machine with a known host key is verified against it and nothing else', () => {
  const { settings, knownHosts, directory } = understood(machine);
  expect(settings.get('hostname')).toBe('10.1.2.3');
  expect(settings.get('port')).toBe('2222');
  expect(settings.get('identityfile')).toBe('/keys/a %%key');
  expect(settings.get('identitiesonly')).toBe('yes');
  expect(settings.get('stricthostkeychecking')).toBe('true');
  expect(settings.get('hostkeyalias')).toBe('testbed');
  expect(settings.get('userknownhostsfile')).toBe(join(directory, 'known_hosts'));
  expect(settings.get('controlpath')).toBe(join(directory, 'sock'));
  expect(knownHosts).toBe('testbed ssh-ed25519 AAAA\n');
});

test('one without is looked up where the person’s known hosts are', () => {
  const { hostKey: _, keyFile: __, ...other } = machine;
  const { settings, knownHosts } = understood({ ...other, hostKeyAlias: 'box', knownHostsFiles: ['/known'] });
  expect(knownHosts).toBe('');
  expect(settings.get('hostkeyalias')).toBe('box');
  expect(settings.get('userknownhostsfile')).toBe('/known');
  expect(settings.get('identitiesonly')).toBe('no');
});

test('hosts on the way are jumped over in their order', () => {
  const jump = (host: string): SshTarget => ({
    host,
    port: 22,
    user: 'gate',
    hostKey: `ssh-ed25519 ${host}`,
  });
  const target = { ...machine, jumps: [jump('first'), jump('second')] };
  expect(understood(target).settings.get('proxyjump')).toBe('jump1');
  expect(understood(target, 'jump1').settings.get('proxyjump')).toBe('jump0');
  expect(understood(target, 'jump0').settings.get('hostname')).toBe('first');
  expect(understood(target).knownHosts).toContain('jump1 ssh-ed25519 second\n');
});

test('OpenSSH goes the same way: from the same address, with the same algorithms and variables', () => {
  const { settings } = understood({
    ...machine,
    addressFamily: 4,
    bindAddress: '127.0.0.2',
    keyAlgorithms: ['ssh-ed25519'],
    algorithms: {
      kex: ['ecdh-sha2-nistp256'],
      cipher: ['aes256-ctr'],
      mac: ['hmac-sha1'],
      hostKey: ['ssh-ed25519'],
    },
    revokedHostKeys: '/keys/revoked',
    acceptChangedHostKey: true,
    acceptAnyOnLoopback: true,
    setEnv: { A: 'b c' },
    sendEnv: ['SD_*'],
  });
  const expected = {
    addressfamily: 'inet',
    bindaddress: '127.0.0.2',
    pubkeyacceptedalgorithms: 'ssh-ed25519',
    kexalgorithms: 'ecdh-sha2-nistp256',
    ciphers: 'aes256-ctr',
    macs: 'hmac-sha1',
    hostkeyalgorithms: 'ssh-ed25519',
    revokedhostkeys: '/keys/revoked',
    stricthostkeychecking: 'false',
    nohostauthenticationforlocalhost: 'yes',
    setenv: 'A=b c',
    sendenv: 'SD_*',
  };
  expect(Object.fromEntries(settings)).toMatchObject(expected);
});
