import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
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

/** Runs a program of cloud-init's with a systemctl that only says what it was told. */
const run = (program: string, before = ':'): readonly string[] => {
  const input = `systemctl() { echo "$*"; }\n${before}\n${program}`;
  return execaSync('sh', ['-s'], { input }).stdout.split('\n');
};

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
    const folder = mkdtempSync(join(tmpdir(), 'units-'));
    const told = run(read().bootcmd.at(-1), `cd() { command cd '${folder}'; }`);
    const unit = (name: string) => readFileSync(join(folder, name), 'utf8').split('\n');
    expect(unit('shakedown-expiry.timer')).toContain('OnActiveSec=5400');
    expect(unit('shakedown-expiry.service')).toContain('ExecStart=/bin/systemctl poweroff');
    expect(told).toEqual(['daemon-reload', 'start --no-block shakedown-expiry.timer']);
  });

  test('holds sshd back until the packages that are wanted are there', () => {
    expect(read()).not.toHaveProperty('runcmd');
    const config = read({ packages: ['etcd-server'], mirror: 'http://mirror.example/debian' });
    expect(config.packages).toEqual(['etcd-server']);
    expect(config.apt.primary).toEqual([{ arches: ['default'], uri: 'http://mirror.example/debian' }]);
    const ssh = 'ssh.service ssh.socket';
    expect(run(config.bootcmd[0])).toEqual([`mask --runtime ${ssh}`]);
    const released = ['unmask', 'start --no-block'].map((verb) => expect.stringContaining(`${verb} `));
    expect(run(config.runcmd[0], 'touch() { :; }')).toEqual(released);
  });
});
