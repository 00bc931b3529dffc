import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../../common/errors.ts';
import { formatNamed } from '../../../../../main/commands/nodes/inventory/formats.ts';
import { inventoryOf, knownHosts } from '../../../../../main/commands/nodes/inventory/inventory.ts';
import { sshWords } from '../../../../../main/commands/nodes/inventory/ssh-settings.ts';
import type { Cluster, Machine } from '../../../../../main/providers/provider.ts';
import type { SshTarget } from '../../../../../main/remotes/ssh-target.ts';
import { folder } from '../../../remotes/fake-node.ts';

const machine = (id: number, name: string, ssh: SshTarget, more: Partial<Machine> = {}): Machine => ({
  ...{ id, name, address: ssh.host, ssh },
  ...more,
});

/**
 * One as it is made, one behind two jump hosts with a name and a key's file
 * that need quotes, one as it was found.
 */
const cluster: Cluster = {
  id: 'abc123',
  provider: 'mixed',
  borrowed: false,
  mainAddress: '10.0.0.1',
  machines: [
    machine(
      0,
      'db1',
      {
        host: '10.0.0.2',
        port: 22,
        user: 'root',
        keyFile: '/keys/one',
        hostKey: 'ssh-ed25519 AAAA1 comment',
      },
      { role: 'db' },
    ),
    machine(
      1,
      'the second',
      {
        ...{
          host: '10.0.0.3',
          port: 2222,
          user: 'joe',
          keyFile: '/keys of joe/100%',
          hostKey: 'ssh-rsa AAAA2',
        },
        jumps: [
          { host: 'outer', port: 22, user: 'guard', hostKey: 'ssh-ed25519 AAAA3' },
          {
            host: 'inner',
            port: 2200,
            user: 'guard',
            keyFile: '/keys of joe/100%',
            hostKey: 'ssh-rsa AAAA4',
          },
        ],
      },
      { role: '2-web' },
    ),
    machine(
      2,
      'real',
      { host: 'real.example', port: 22, user: 'admin', hostKeyAlias: 'metal', acceptNewHostKey: true },
      { borrowed: true },
    ),
  ],
};

const inventory = inventoryOf(cluster, '/a folder/known_hosts');
const written = (format: string) => formatNamed(format)(inventory);

test('known_hosts has the pinned keys, those of jump hosts too, by the names that ssh asks for', () =>
  expect(knownHosts(inventory).split('\n')).toEqual([
    '10.0.0.2 ssh-ed25519 AAAA1',
    '[10.0.0.3]:2222 ssh-rsa AAAA2',
    'outer ssh-ed25519 AAAA3',
    '[inner]:2200 ssh-rsa AAAA4',
    '',
  ]));

test('known_hosts has the keys that the user’s own files know, where none is pinned', () => {
  const known = join(folder(), 'known_hosts');
  writeFileSync(
    known,
    'metal ssh-ed25519 AAAA5\n# a comment\n10.0.0.9 ssh-rsa AAAA6\n@revoked metal ssh-rsa AAAA7\n',
  );
  const target = (more: Partial<SshTarget>) =>
    machine(0, 'a', { host: '10.0.0.9', port: 22, user: 'root', knownHostsFiles: [known], ...more });
  const machines = [target({ hostKeyAlias: 'metal' }), target({}), target({ port: 2222 })];
  expect(knownHosts(inventoryOf({ ...cluster, machines }, '/known')).split('\n')).toEqual([
    'metal ssh-ed25519 AAAA5',
    '10.0.0.9 ssh-rsa AAAA6',
    '[10.0.0.9]:2222 ssh-rsa AAAA6',
    '',
  ]);
});

describe('ssh-config', () => {
  /** What OpenSSH itself makes of it. */
  async function understood(host: string): Promise<string[]> {
    const file = join(folder(), 'ssh_config');
    writeFileSync(file, written('ssh-config'));
    return (await execa('ssh', ['-G', '-F', file, host])).stdout.split('\n');
  }

  test('names each machine, its key and its known_hosts file', async () =>
    expect(await understood('db1')).toEqual(
      expect.arrayContaining([
        ...['hostname 10.0.0.2', 'port 22', 'user root', 'identityfile /keys/one', 'identitiesonly yes'],
        ...['stricthostkeychecking true', 'userknownhostsfile /a folder/known_hosts'],
      ]),
    ));

  test('goes over jump hosts, each with its own key; a name that ssh cannot take becomes node<id>', async () => {
    expect(await understood('node1')).toEqual(
      expect.arrayContaining([
        ...['hostname 10.0.0.3', 'port 2222', 'user joe', 'identityfile /keys of joe/100%%'],
        'proxyjump node1-jump0,node1-jump1',
      ]),
    );
    expect(await understood('node1-jump1')).toEqual(
      expect.arrayContaining(['hostname inner', 'port 2200', 'user guard']),
    );
  });

  test('of a machine that was there before, what was found out about it', async () =>
    expect(await understood('real')).toEqual(
      expect.arrayContaining([
        'hostname real.example',
        'hostkeyalias metal',
        'stricthostkeychecking accept-new',
      ]),
    ));
});

test('a command to log in needs no configuration file, nor has one a say in it', async () => {
  const [, second] = cluster.machines;
  if (!second) throw new Error('no second machine');
  const words = sshWords(second.ssh, '/known');
  expect(words.slice(0, 3)).toEqual(['ssh', '-F', 'none']);
  const { stdout } = await execa('ssh', ['-G', ...words.slice(1)]);
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['port 2222', 'user joe', 'hostname 10.0.0.3']));
  const [, proxy = ''] = /^proxycommand (.*)$/m.exec(stdout) ?? [];
  expect(proxy).toMatch(/^ssh -F none .* -W '\[%h\]:%p' inner$/);
  expect(proxy).toContain('ProxyCommand=ssh -F none');
});

test('ansible: one line a machine, and roles as groups by names that Ansible takes', () => {
  const [comment, first = '', second = '', third = '', ...groups] = written('ansible').split('\n');
  expect(comment).toMatch(/^# /);
  expect(first).toContain('db1 ansible_host=10.0.0.2 ansible_port=22 ansible_user=root');
  expect(first).toContain('ansible_ssh_private_key_file=/keys/one');
  expect(second).toMatch(/^node1 .*'IdentityFile=\\"\/keys of joe\/100%%\\"'/);
  expect(second).not.toContain('ansible_ssh_private_key_file');
  expect(third).toMatch(
    /^real ansible_host=real.example .*HostKeyAlias=metal.*StrictHostKeyChecking=accept-new/,
  );
  expect(groups).toEqual(['', '[db]', 'db1', '', '[_2_web]', 'node1', '']);
});

test('json: all that is known of each machine', () =>
  expect(JSON.parse(written('json'))).toMatchObject({
    ...{ cluster: 'abc123', provider: 'mixed', mainAddress: '10.0.0.1' },
    knownHostsFile: '/a folder/known_hosts',
    nodes: [
      {
        ...{ id: 0, name: 'db1', role: 'db', address: '10.0.0.2', borrowed: false },
        hostKeys: ['ssh-ed25519 AAAA1'],
        command: expect.arrayContaining(['ssh', 'User=root', '10.0.0.2']),
      },
      { id: 1, name: 'the second', ssh: { port: 2222, jumps: [{ host: 'outer' }, { host: 'inner' }] } },
      { id: 2, name: 'real', borrowed: true, hostKeys: [] },
    ],
  }));

test('env: variables that a shell reads back as they were', async () => {
  const script = `${written('env')}
    for n in $SHAKEDOWN_NODES; do
      eval "name=\\$SHAKEDOWN_NODE_\${n}_NAME key=\\$SHAKEDOWN_NODE_\${n}_KEY ssh=\\$SHAKEDOWN_NODE_\${n}_SSH"
      eval "set -- $ssh"
      for last; do :; done
      echo "$name, $key, $1 ... $last"
    done
    echo "$SHAKEDOWN_ADDRESSES; $SHAKEDOWN_NODE_1_ROLE; $SHAKEDOWN_KNOWN_HOSTS"`;
  expect((await execa('sh', ['-eu', '-c', script])).stdout.split('\n')).toEqual([
    'db1, /keys/one, ssh ... 10.0.0.2',
    'the second, /keys of joe/100%, ssh ... 10.0.0.3',
    'real, , ssh ... real.example',
    '10.0.0.2 10.0.0.3 real.example; 2-web; /a folder/known_hosts',
  ]);
});

test('another format is the user’s mistake', () => {
  expect(() => formatNamed('yaml')).toThrow(UsageError);
  expect(() => formatNamed('toString')).toThrow('there are: ansible, ssh-config, json, env.');
});
