import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { inventoryHosts, type Selection } from '../../../../main/providers/ssh/inventory/inventory-hosts.ts';
import { readInventory } from '../../../../main/providers/ssh/inventory/read-inventory.ts';
import { resolveHost } from '../../../../main/providers/ssh/resolve-host.ts';
import { sshMachines } from '../../../../main/providers/ssh/ssh-machines.ts';
import { sshTarget } from '../../../../main/providers/ssh/ssh-target.ts';
import { folder } from '../../remotes/fake-node.ts';

/** The machines of an inventory with these files; the first one is the inventory. */
function hosts(files: Readonly<Record<string, string>>, selection: Selection = {}) {
  const directory = folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const [first = ''] = Object.keys(files);
  const inside = (text: string) => text.replaceAll(`${directory}/`, '');
  try {
    const found = inventoryHosts(readInventory(join(directory, first)), selection);
    return JSON.parse(inside(JSON.stringify(found)));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(inside(error.message));
    throw error;
  }
}

const mistake = (files: Readonly<Record<string, string>>, selection?: Selection): string => {
  try {
    hosts(files, selection);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('no mistake was found');
};

const lab = `# Machines of the lab.
gate.example

[db]
db[01:02].example ansible_user=postgres
10.0.0.9:2222 ansible_ssh_private_key_file='keys/nine key' # the odd one

[web]
web-[a:b] ansible_host="{{ inventory_hostname }}.example"

[site:children]
db
web

[site:vars]
ansible_user=deploy
ansible_port = 2200
ansible_ssh_common_args='-o ProxyJump=guard@gate.example -o Compression=yes'

[all:vars]
ansible_user=root
`;

const sameAsYaml = `
all:
  hosts:
    gate.example:
  vars:
    ansible_user: root
  children:
    site:
      vars:
        ansible_user: deploy
        ansible_port: 2200
        ansible_ssh_common_args: -o ProxyJump=guard@gate.example -o Compression=yes
      children:
        db:
          hosts:
            db[01:02].example: { ansible_user: postgres }
            10.0.0.9:2222:
              ansible_ssh_private_key_file: keys/nine key
        web:
          hosts:
            web-[a:b]:
              ansible_host: "{{ inventory_hostname }}.example"
`;

const sshArguments = ['-o', 'ProxyJump=guard@gate.example', '-o', 'Compression=yes'];
const machines = [
  { name: 'gate.example', address: 'gate.example', user: 'root' },
  ...['db01.example', 'db02.example'].map((name) => ({
    ...{ name, address: name, user: 'postgres', port: 2200, role: 'db', sshArguments },
  })),
  {
    ...{ name: '10.0.0.9', address: '10.0.0.9', user: 'deploy', port: 2222, role: 'db', sshArguments },
    key: 'keys/nine key',
  },
  ...['web-a', 'web-b'].map((name) => ({
    ...{ name, address: `${name}.example`, user: 'deploy', port: 2200, role: 'web', sshArguments },
  })),
];

describe('an Ansible inventory', () => {
  test('in INI: groups, children, variables, ranges', () =>
    expect(hosts({ 'hosts.ini': lab })).toEqual(machines));

  test('in YAML', () => expect(hosts({ 'hosts.yml': sameAsYaml })).toEqual(machines));

  test('in JSON, which is YAML', () =>
    expect(hosts({ 'hosts.json': '{"all": {"hosts": {"a": {"ansible_host": "10.0.0.1"}}}}' })).toEqual([
      { name: 'a', address: '10.0.0.1' },
    ]));

  test('gives the machines of a group, and of what is below it; the group is their role', () => {
    const names = (selection: Selection) =>
      hosts({ 'hosts.ini': lab }, selection).map(
        ({ name, role }: Record<string, string>) => `${name} ${role}`,
      );
    expect(names({ group: 'web' })).toEqual(['web-a web', 'web-b web']);
    expect(names({ group: 'site' })).toHaveLength(5);
    expect(names({ group: ['web', 'db'] })[2]).toBe('db01.example db');
    expect(names({ roles: { front: 'web', store: 'db' } })).toEqual([
      ...['web-a front', 'web-b front'],
      ...['db01.example store', 'db02.example store', '10.0.0.9 store'],
    ]);
    expect(names({ group: 'all' })).toHaveLength(6);
  });

  test('gives a role only where one group tells it, and shakedown_role before all', () => {
    const text = '[dc1]\na\nb shakedown_role=leader\n[db]\na\nb\nc\n';
    expect(hosts({ hosts: text })).toEqual([
      { name: 'a', address: 'a' },
      { name: 'b', address: 'b', role: 'leader' },
      { name: 'c', address: 'c', role: 'db' },
    ]);
  });

  test('has more variables in the files beside it', () => {
    const files = {
      'hosts.ini': '[all:vars]\nansible_user=ini\n[db]\na\nb\n[db:vars]\nansible_port=1\n',
      'group_vars/db.yml': 'ansible_port: 2\n# nothing of ours:\nlist: [1, 2]\n',
      'group_vars/all': 'ansible_user: files\n',
      'host_vars/b.yaml': 'ansible_host: 10.0.0.2\n',
    };
    expect(hosts(files)).toEqual([
      { name: 'a', address: 'a', user: 'files', port: 2, role: 'db' },
      { name: 'b', address: '10.0.0.2', user: 'files', port: 2, role: 'db' },
    ]);
  });

  test('may use YAML’s anchors', () => {
    const text = `
all:
  vars: &common { ansible_user: joe, ansible_port: 2222 }
db:
  hosts:
    a: { <<: *common, ansible_port: 23 }
`;
    expect(hosts({ 'hosts.yml': text })).toEqual([
      { name: 'a', address: 'a', user: 'joe', port: 23, role: 'db' },
    ]);
  });
});

describe('what ssh is told besides', () => {
  const target = async (variables: Readonly<Record<string, unknown>>) => {
    const [host] = hosts({ 'hosts.yml': JSON.stringify({ all: { hosts: { a: variables } } }) });
    return sshTarget(host, {}, (query) => resolveHost(query, '/no/config'));
  };
  const jump = { host: 'gate', port: 22, user: userInfo().username };

  test.each<readonly [args: string, found: object]>([
    ['-o ProxyJump=gate', { jumps: [jump] }],
    ['-oProxyJump=gate -4', { jumps: [jump], addressFamily: 4 }],
    ['-4 -o "ProxyJump gate"', { jumps: [jump], addressFamily: 4 }],
    ['-J me@gate:2200', { jumps: [{ ...jump, user: 'me', port: 2200 }] }],
    ['-Jgate -o "ProxyCommand none"', { jumps: [jump] }],
    ['-o ProxyCommand="ssh -W %h:%p -q gate" -C', { proxyCommand: 'ssh -W a:22 -q gate' }],
    [
      '-o StrictHostKeyChecking=no -i /etc/hostname',
      { acceptNewHostKey: true, identityFiles: ['/etc/hostname'] },
    ],
    ['-o User=other -p 2222', { user: 'other', port: 2222 }],
    ['', {}],
  ])('is followed as ssh takes it: %j', async (args, found) => {
    const plain = { host: 'a', port: 22, user: userInfo().username };
    const { acceptChangedHostKey: _, ...rest } = await target({ ansible_ssh_common_args: args });
    expect(rest).toEqual({ ...plain, ...found });
  });

  test('counts in the order in which Ansible says it, after the variables', async () => {
    const variables = {
      ansible_user: 'me',
      ansible_ssh_extra_args: '-o BindAddress=127.0.0.3 -o BindInterface=lo',
      ansible_ssh_common_args: '-o BindAddress=127.0.0.2 -o User=other',
      ansible_host_key_checking: false,
    };
    expect(await target(variables)).toMatchObject({
      user: 'me',
      bindAddress: '127.0.0.2',
      bindInterface: 'lo',
      acceptChangedHostKey: true,
    });
  });

  test('that is no option is the user’s mistake', async () => {
    await expect(target({ ansible_ssh_common_args: '-4 gate' })).rejects.toThrow(
      "a: in the arguments for ssh 'gate' is no option",
    );
    await expect(target({ ansible_ssh_common_args: '-o NoSuch=yes' })).rejects.toThrow(
      /Bad configuration option/,
    );
    expect(mistake({ hosts: 'a ansible_ssh_common_args="-o \'x"' })).toContain('a quote is not closed');
  });

  test('a password is told where a login fails', async () => {
    const { notFollowed } = await target({ ansible_password: 'x' });
    expect(notFollowed).toEqual(['hosts.yml:1: a password is not followed: only keys are tried']);
  });
});

describe('a mistake in an inventory is told with file and line', () => {
  test('all of them at once', () => {
    const text = `[db
[db:hostz]
a ansible_port
b c=1 'open
[db:vars]
nothing
[web:children]
dbs
db web
n[1:
[x]
n[9:1]
`;
    expect(mistake({ 'hosts.ini': text }).split('\n')).toEqual([
      "hosts.ini:1: '[db' has a '[' without its ']'",
      'hosts.ini:2: there is no section [db:hostz]; there are [db:children] and [db:vars]',
      "hosts.ini:3: expected name=value after the machine, found 'ansible_port'",
      "hosts.ini:4: a quote is not closed: 'open",
      "hosts.ini:6: expected name=value, found 'nothing'",
      "hosts.ini:8: there is no group 'dbs'",
      "hosts.ini:9: expected the name of one group, found 'db web'",
      "hosts.ini:10: there is no group 'n[1:'",
      "hosts.ini:12: 'n[9:1]': a range goes upwards, [1-9]",
    ]);
  });

  test.each([
    ['hosts: [1', /hosts.yml:1: .*/],
    ['all:\n  host:\n    a:\n', "hosts.yml:2: found 'host' in group 'all', expected hosts, children or vars"],
    ['all:\n  hosts:\n    - a\n', 'hosts.yml:3: expected machines, as `name:`'],
    ['all:\n  hosts:\n    a: 5\n', 'hosts.yml:3: expected variables, as `name: value`'],
    ['- a\n', 'hosts.yml:1: expected groups'],
    ['all:\n  children:\n    db: here\n', "hosts.yml:3: expected hosts, children or vars of group 'db'"],
    ['all:\n  hosts:\n    a[1:\n', /hosts.yml:\d: /],
    ['all:\n  hosts:\n    a:\n    a:\n', 'hosts.yml:3: Map keys must be unique'],
    ['', 'hosts.yml: there is no machine in it'],
  ])('YAML: %j', (text, message) => expect(mistake({ 'hosts.yml': text })).toMatch(message));

  test.each([
    ['a ansible_port=ssh\n', "hosts:1: 'ssh' is no port"],
    ['a ansible_port=70000\n', "hosts:1: '70000' is no port"],
    ['a ansible_connection=local\n', "hosts:1: a is reached by 'local', not by ssh"],
    ['a\n[all:vars]\nansible_user="{{ who }}"\n', 'hosts:3: ansible_user of a is a template'],
  ])('a variable that cannot be followed: %j', (text, message) =>
    expect(mistake({ hosts: text })).toContain(message),
  );

  test('in the files beside it, too', () => {
    expect(mistake({ hosts: '[db]\na\n', 'group_vars/db.yml': 'x: 1\nansible_port: none\n' })).toContain(
      "group_vars/db.yml:2: 'none' is no port",
    );
    expect(mistake({ hosts: '[db]\na\n', 'group_vars/db/x.yml': '\nansible_port: none\n' })).toContain(
      "group_vars/db/x.yml:2: 'none' is no port",
    );
    expect(mistake({ hosts: 'a\n', 'host_vars/a': 'x: [\n' })).toMatch(/host_vars\/a:\d: /);
    expect(mistake({ hosts: 'a\n', 'host_vars/a': '- x\n' })).toContain('host_vars/a:1: expected variables');
  });

  test('machines that nobody asked for are not looked at', () =>
    expect(hosts({ hosts: '[db]\na\n[local]\nb ansible_connection=local\n' }, { group: 'db' })).toHaveLength(
      1,
    ));

  test('a group that is not there, or has no machine', () => {
    expect(mistake({ hosts: '[db]\na\n' }, { group: 'dbs' })).toBe(
      "hosts: there is no group 'dbs'; there are: db",
    );
    expect(mistake({ hosts: '[db]\n[web]\na\n' }, { group: 'db' })).toBe("hosts: group 'db' has no machine");
  });

  test('a file that is none, and a program', () => {
    expect(mistake({ 'hosts/x': '' })).toContain('no machine');
    expect(() => readInventory('/no/hosts')).toThrow('there is no file /no/hosts');
    expect(() => readInventory('/etc')).toThrow('/etc is no file');
    expect(mistake({ hosts: '#!/bin/sh\n' })).toContain('is a program that prints an inventory');
  });

  test('groups in a circle are gone through once', () =>
    expect(hosts({ hosts: '[a]\nx\n[a:children]\nb\n[b:children]\na\n' })).toHaveLength(1));
});

describe('folders of variables', () => {
  test('are read as Ansible reads them: all files in order, the last word wins', () =>
    expect(
      hosts({
        hosts: '[db]\na\nb\n',
        'group_vars/db/1-first.yml': 'ansible_user: first\nansible_port: 1\n',
        'group_vars/db/2-second': 'ansible_user: second\n',
        'group_vars/db/deep/x.json': '{"ansible_port": 3}',
        'group_vars/db/.hidden.yml': 'ansible_user: hidden\n',
        'group_vars/db/2-second.yml~': 'ansible_user: copy\n',
        'group_vars/db/notes.txt': 'no: [yaml',
        // Whoever has the name without an ending comes first.
        'group_vars/db.yml': 'ansible_user: beside\n',
        'host_vars/b/all.yaml': 'ansible_host: 10.0.0.2\n',
      }),
    ).toEqual([
      { address: 'a', name: 'a', user: 'second', port: 3, role: 'db' },
      { address: '10.0.0.2', name: 'b', user: 'second', port: 3, role: 'db' },
    ]));
});

describe('what ansible-vault has encrypted', () => {
  const secret = '$ANSIBLE_VAULT;1.1;AES256\n6266383932\n';
  const indented = secret.replaceAll(/^/gm, '      ').trimEnd();

  test('is told as that where it says how a machine is reached', () => {
    const all = `all:\n  hosts:\n    a:\n  vars:\n    ansible_user: !vault |\n${indented}\n`;
    expect(mistake({ 'hosts.yml': all })).toMatch(
      /^hosts.yml:5: ansible_user of a is encrypted by ansible-vault, and is not decrypted: ansible-inventory -i hosts.yml /,
    );
    const files = { hosts: 'a\n', 'host_vars/a/x.yml': `ansible_port: !vault |\n${indented}\n` };
    expect(mistake(files)).toContain('host_vars/a/x.yml:1: ansible_port of a is encrypted by ansible-vault');
  });

  test('is of no account where it says something else', () =>
    expect(hosts({ hosts: 'a\n', 'host_vars/a.yml': `password: !vault |\n${indented}\n` })).toEqual([
      { address: 'a', name: 'a' },
    ]));

  test('is told as that where it is the whole inventory', () =>
    expect(mistake({ hosts: secret })).toContain('hosts is encrypted by ansible-vault'));

  test('is left out where it is a whole file of variables, and that is told', () => {
    const directory = folder();
    mkdirSync(join(directory, 'group_vars/all'), { recursive: true });
    writeFileSync(join(directory, 'hosts'), 'a\n');
    writeFileSync(join(directory, 'group_vars/all/plain.yml'), 'ansible_user: joe\n');
    writeFileSync(join(directory, 'group_vars/all/vault.yml'), secret);
    const { hosts, notes } = sshMachines({ inventory: join(directory, 'hosts') }, () => undefined);
    expect(hosts).toMatchObject([{ address: 'a', user: 'joe' }]);
    expect(notes).toEqual([
      expect.stringContaining('group_vars/all/vault.yml is encrypted by ansible-vault'),
    ]);
  });
});
