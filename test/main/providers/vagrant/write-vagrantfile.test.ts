import { describe, expect, test } from 'vitest';
import { vagrantOptionsSchema } from '../../../../main/providers/vagrant/vagrant-options.ts';
import {
  bareVagrantfile,
  wrappingVagrantfile,
  writtenVagrantfile,
} from '../../../../main/providers/vagrant/write-vagrantfile.ts';

const written = (options: object, names: readonly string[] = ['n0']) =>
  writtenVagrantfile(
    'abc123',
    names.map((name, id) => ({ id, name })),
    vagrantOptionsSchema.parse(options),
  );

describe('the Vagrantfile that is written', () => {
  test('defines each machine with its box, under a name that holds the cluster’s id', () => {
    const text = written({ nodes: [{ os: 'bookworm' }, { os: 'trixie' }] }, ['db', 'web']);
    expect(text).toContain("config.vm.define 'db' do |machine|\n    machine.vm.box = 'debian/bookworm64'");
    expect(text).toContain("config.vm.define 'web' do |machine|\n    machine.vm.box = 'debian/trixie64'");
    expect(text).toContain("it.container_name = 'svabc123-db'");
    expect(text).toContain("it.default_prefix = 'svabc123-'");
    expect(text).toContain("it.name = 'svabc123-web'");
  });

  test('holds machines to their limits, in the units of each provider', () => {
    const text = written({ nodes: [{ memory: '1.5G', cpus: 1.5, disk: '10G', pids: 100 }] });
    expect(text).toMatch(/:libvirt\).*it\.memory = 1536; it\.cpus = 2; it\.machine_virtual_size = 10 /);
    expect(text).toMatch(/:lxc\).*'cgroup2\.memory\.max', '1610612736'.*'cgroup\.memory\.limit_in_bytes'/);
    expect(text).toMatch(/:lxc\).*'cgroup2\.cpu\.max', '150000'.*'cgroup2\.pids\.max', '100'/);
  });

  test('has one block for each provider of a machine: vagrant-lxc heeds the last one’s lists alone', () =>
    expect(
      written({ count: 1, memory: '1G', pids: 100 }).match(/machine\.vm\.provider\(:lxc\)/g),
    ).toHaveLength(1));

  test('gives a container the same hardware address each time, and each container another', () => {
    const addresses = (text: string) =>
      [...text.matchAll(/hwaddr', '(00:16:3e(:[0-9a-f]{2}){3})'/g)].map(([, one]) => one);
    const text = written({ count: 2 }, ['n0', 'n1']);
    expect(new Set(addresses(text)).size).toBe(2);
    expect(addresses(written({ count: 2 }, ['n0', 'n1']))).toEqual(addresses(text));
  });

  test('gives a container another boot id at each boot, by a hook of LXC’s', () =>
    expect(written({ count: 1 })).toMatch(/'hook\.mount', '\/bin\/sh .*abc123\/boot-id\.sh/));

  test('tells vagrant what guest it is, where the release is known, and that it need not make a key', () => {
    expect(written({ count: 1 })).toContain('machine.vm.guest = :debian');
    expect(written({ count: 1, box: 'a/b', os: 'noble' })).toContain('machine.vm.guest = :ubuntu');
    expect(written({ nodes: [{ os: 'noble' }], box: 'a/b' })).toContain('machine.vm.guest = :ubuntu');
    expect(written({ count: 1, box: 'generic/alpine319' })).not.toContain('vm.guest');
    expect(written({ count: 1 })).toContain('config.ssh.insert_key = false');
  });

  test('installs packages from the mirror that is asked for', () => {
    const text = written({ count: 1, packages: ['etcd-server'], mirror: 'http://127.0.0.1:3142/debian' });
    expect(text).toContain('apt-get install -y -qq --no-install-recommends etcd-server');
    expect(text).toContain('http://127.0.0.1:3142/debian bookworm main');
    expect(written({ count: 1 })).not.toContain('provision');
  });

  test('tells where the box is to be had, and how long a boot may take', () => {
    const text = written({ count: 1, box: 'b', boxUrl: '/tmp/b.box', boxVersion: '>= 2', bootTimeout: 900 });
    expect(text).toContain("config.vm.box_url = '/tmp/b.box'");
    expect(text).toContain("config.vm.box_version = '>= 2'");
    expect(text).toContain('config.vm.boot_timeout = 900');
  });
});

describe('the Vagrantfile around the user’s own', () => {
  const text = wrappingVagrantfile('abc123', "/home/o'brien/Vagrantfile", ['web']);

  test('loads it, whatever its path is', () => expect(text).toContain("load '/home/o\\'brien/Vagrantfile'"));

  test('gives its machines names of the cluster, and leaves its other settings', () => {
    expect(text).toContain("it.container_name = 'svabc123-web'");
    expect(text).toContain('UNSET_VALUE');
    expect(text).not.toContain('vm.box');
  });
});

test('the bare Vagrantfile defines the machines and nothing else', () =>
  expect(bareVagrantfile(['a', 'b'])).toBe(`Vagrant.configure('2') do |config|
  config.vm.define 'a' do |machine|
    machine.vm.box = 'none'
  end
  config.vm.define 'b' do |machine|
    machine.vm.box = 'none'
  end
end
`));
