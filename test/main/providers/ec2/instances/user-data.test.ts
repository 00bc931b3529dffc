import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { userData } from '../../../../../main/providers/ec2/instances/user-data.ts';
import { hostKeyPair } from '../../../../../main/providers/host/identity.ts';

const { hostKey, publicHostKey } = hostKeyPair();
const boot = {
  name: 'n0',
  user: 'root',
  publicKey: 'ssh-ed25519 AAAA someone',
  hostKey,
  publicHostKey,
  expiresAfter: 5400,
  packages: [] as string[],
};
const read = (more: Partial<typeof boot> & { mirror?: string } = {}) => parse(userData({ ...boot, ...more }));

describe('user data', () => {
  test('is cloud-config, and fits into what EC2 takes: 16 KB', () => {
    const text = userData({ ...boot, packages: ['etcd-server', 'postgresql'] });
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThan(16 * 1024);
  });

  test('has the host key that was made, unchanged, and no other stays', () =>
    expect(read()).toMatchObject({
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: hostKey, ed25519_public: publicHostKey },
    }));

  test('lets root in by the key, and nobody by a password', () => {
    expect(read()).toMatchObject({ disable_root: false, ssh_pwauth: false });
    expect(read().ssh_authorized_keys).toEqual([boot.publicKey]);
    expect(read()).not.toHaveProperty('users');
  });

  test('makes another user, with sudo and beside the image’s own', () =>
    expect(read({ user: 'joe' }).users).toMatchObject([
      'default',
      { name: 'joe', sudo: 'ALL=(ALL) NOPASSWD:ALL', ssh_authorized_keys: [boot.publicKey] },
    ]));

  test('ends the instance by a timer of its own, which every boot starts anew', () => {
    const timer = read().bootcmd.at(-1);
    expect(timer).toContain("'OnActiveSec=5400'");
    expect(timer).toContain('systemctl poweroff');
    expect(timer).toContain('systemctl start --no-block shakedown-expiry.timer');
  });

  test('holds sshd back until the packages that are wanted are there', () => {
    expect(read()).not.toHaveProperty('runcmd');
    const config = read({ packages: ['etcd-server'], mirror: 'http://mirror.example/debian' });
    expect(config.packages).toEqual(['etcd-server']);
    expect(config.apt.primary).toEqual([{ arches: ['default'], uri: 'http://mirror.example/debian' }]);
    expect(config.bootcmd[0]).toContain('mask --runtime ssh.service');
    expect(config.runcmd[0]).toContain('unmask --runtime ssh.service');
  });
});
