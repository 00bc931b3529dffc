import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { inventoryHosts } from '../../../../main/providers/ssh/inventory/inventory-hosts.ts';
import { readInventory } from '../../../../main/providers/ssh/inventory/read-inventory.ts';
import { folder } from '../../remotes/fake-node.ts';

/** What `ansible-inventory --list` prints. */
interface Listed {
  readonly _meta: { readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly [group: string]: {
    readonly hosts?: readonly string[];
    readonly children?: readonly string[];
  } & object;
}

/** The first file is the inventory. */
const inventories: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'groups of groups, ranges, ports, addresses of IPv6': {
    hosts: `loner ansible_host=10.0.0.1
solo:2222
[db]
db[01:03] ansible_user=postgres
db-[a:c].example:2201
[2001:db8::1]:2200
ipv6 ansible_host=2001:db8::5
[web]
web[1:2]
[site:children]
db
web
[country:children]
site
[site:vars]
ansible_user=deploy
[country:vars]
ansible_user=country
ansible_port=2200
[all:vars]
ansible_user=root
`,
  },
  'quotes, comments, Python literals': {
    hosts: `[db]
a ansible_host='10.0.0.2' # comment
b ansible_user="with space"
c ansible_user=with\\ space
d ansible_user='"x"'
e\tansible_port="23"\tansible_user=tab
f ansible_user=a=b
[db:vars]
ansible_port = 2200 # comment
ansible_ssh_private_key_file="~/k y"
[web]
g
[web:vars]
ansible_user='y' # comment
ansible_host=10.0.0.3#no comment
`,
  },
  'files of variables, which count more than the inventory itself, and folders of such': {
    hosts:
      '[db]\na\nb ansible_user=own\nc.example\n[db:vars]\nansible_user=ini\nansible_port=1\n[all:vars]\nansible_user=all\n',
    'group_vars/all': 'ansible_user: file of all\n',
    'group_vars/db/1.yml': 'ansible_port: 2\n',
    'group_vars/db/deep/2.json': '{ "ansible_port": 3 }',
    'host_vars/c.example': 'ansible_host: 10.0.0.7\nansible_user: file\n',
    'host_vars/b.yml': 'ansible_host: 10.0.0.8\n',
  },
  'the farthest group first, then by priority, then by name': {
    hosts:
      '[c]\nh\nx\n[b:children]\nc\n[a:children]\nb\n[z:children]\nc\n[k]\nx\n[m]\nx\n[a:vars]\nansible_user=a\n[b:vars]\nansible_user=b\nansible_port=2\n[z:vars]\nansible_user=z\nansible_port=3\n[k:vars]\nansible_group_priority=10\nansible_host=10.0.0.1\n[m:vars]\nansible_host=10.0.0.2\n',
  },
  'YAML: nested groups, nothing, single names': {
    'hosts.yml': `all:
  hosts:
    lone:
    "db[01:03].example": { ansible_user: joe }
    "p:2222":
  children:
    web:
      hosts:
        w1: { ansible_port: "2201" }
        lone: { ansible_host: 10.1.1.1 }
      vars:
    empty:
    nested:
      children:
        deep:
          hosts: { d1: {} }
          vars: { ansible_user: deep }
      vars: { ansible_user: nested, ansible_port: 7 }
ungrouped:
  hosts: u1
`,
    'group_vars/ungrouped.yml': 'ansible_user: un\n',
  },
};

type Named = { readonly name: string | undefined };

test.each(Object.entries(inventories))('as Ansible reads it: %s', async (_name, files) => {
  const directory = folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  const file = join(directory, Object.keys(files)[0] ?? '');
  const { stdout } = await execa('ansible-inventory', ['-i', file, '--list'], { cwd: directory });
  const {
    _meta: { hostvars },
    ...groups
  } = JSON.parse(stdout) as Listed;
  const members = (group: string): string[] => [
    ...(groups[group]?.hosts ?? []),
    ...(groups[group]?.children ?? []).flatMap(members),
  ];
  const theirs = new Set(Object.keys(groups).flatMap(members));
  const inventory = readInventory(file);
  const found = inventoryHosts(inventory, {}).map(({ name, address, port, user }) => ({
    name,
    address,
    port,
    user,
  }));
  const expected = [...theirs].map((name) => {
    const { ansible_host: address = name, ansible_port: port, ansible_user: user } = hostvars[name] ?? {};
    return { name, address, port: port === undefined ? undefined : Number(port), user };
  });
  const byName = (one: Named, other: Named) => (one.name ?? '').localeCompare(other.name ?? '');
  expect(expected.length).toBeGreaterThan(1);
  expect(found.toSorted(byName)).toEqual(expected.toSorted(byName));
  for (const group of Object.keys(groups).filter((name) => name !== 'ungrouped' && members(name).length > 0))
    expect(
      inventoryHosts(inventory, { group })
        .map(({ name }) => name ?? '')
        .toSorted(),
      group,
    ).toEqual([...new Set(members(group))].toSorted());
});
