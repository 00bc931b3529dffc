import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { processIdentity } from '../../../../common/process-identity.ts';
import { buildTreeScript } from '../../../../main/providers/debian/build-tree-script.ts';
import { hostKeyPair, machineId } from '../../../../main/providers/host/identity.ts';
import { namesScript } from '../../../../main/providers/host/network-script.ts';
import { createScript } from '../../../../main/providers/nspawn/create-script.ts';
import { destroyScript } from '../../../../main/providers/nspawn/destroy-script.ts';
import {
  letGoScript,
  powerOffScript,
  powerOnScript,
  rebootScript,
  restoreScript,
  snapshotScript,
} from '../../../../main/providers/nspawn/machine-scripts.ts';
import { startScript } from '../../../../main/providers/nspawn/start-script.ts';

const container = {
  id: 0,
  name: 'n0',
  tree: 0,
  machineId: machineId(),
  ...hostKeyPair(),
  memory: 2 ** 27,
  cpus: 0.5,
};
const plan = {
  cluster: 'abc123',
  trees: ['/cache/a tree', '/cache/b'],
  state: { id: 'abc123', owner: processIdentity() },
  subnets: ['10.1.2', '10.1.3'],
  containers: [container],
  user: 'joe',
  publicKey: 'ssh-ed25519 AAAA it’s mine',
  resolver: { servers: ['main'], loopback: '127.0.0.1', rest: ['search example.org'] },
  shares: [{ source: '/a b:c', target: '/c' }],
  internet: true,
};
const build = {
  trees: '/cache/it’s $HOME',
  tree: '/cache/it’s $HOME/bookworm-0',
  release: { distribution: 'debian' as const, suite: 'bookworm' },
  keyring: '/a key ring.gpg',
  cache: 'http://127.0.0.1:8000',
  sources: 'deb http://deb.debian.org/debian bookworm main\n',
  packages: ['hello'],
  rebuild: false,
  env: { http_proxy: "http://user:pa'ss@proxy:3128" },
};

test.each([
  ['create', createScript(plan)],
  ['create, as root and with nothing special', createScript({ ...plan, user: 'root', shares: [] })],
  ['destroy', destroyScript('abc123')],
  ['start', startScript('abc123', container, plan.shares)],
  ['reboot', rebootScript('abc123', 0)],
  ['power off', powerOffScript('abc123', 0)],
  ['power on', powerOnScript('abc123', 0)],
  ['snapshot', snapshotScript('abc123', 0, 'before')],
  ['letting go', letGoScript('abc123', 0)],
  ['restore', restoreScript('abc123', 0, 'before')],
  ['build', buildTreeScript(build)],
])('%s is what bash takes for a script', (_name, script) => {
  expect(execaSync('bash', ['-n'], { input: script, reject: false }).stderr).toBe('');
});

describe('what the create script is told', () => {
  const script = createScript(plan);
  const place = (text: string) => script.indexOf(text);

  test('the state is on disk before anything is made', () => {
    expect(place('state.json')).toBeGreaterThan(0);
    for (const made of ['own_group $cgroup', 'link add', 'mount -t overlay', 'netns add', 'nft -f']) {
      expect(place('mv -T $dir.new $dir'), made).toBeLessThan(place(made));
    }
  });

  test('paths of shares reach systemd-nspawn with their colons escaped', () =>
    expect(startScript('abc123', container, plan.shares)).toContain("--bind-ro='/a b\\:c:/c'"));

  test('each tree has a link in the cluster’s folder, and each container lies over its own', () => {
    expect(script).toContain(`"$(readlink -f '/cache/a tree')" $dir/tree\n`);
    expect(script).toContain(`"$(readlink -f '/cache/b')" $dir/tree1\n`);
    const other = createScript({ ...plan, containers: [container, { ...container, id: 1, tree: 1 }] });
    expect(other.match(/ tree=\S+/g)).toEqual([' tree=$dir/tree', ' tree=$dir/tree1']);
  });

  test('without internet there is no default route, no resolver, and nothing is forwarded', () => {
    expect(script).toContain('route add default');
    const offline = createScript({ ...plan, internet: false });
    expect(offline).not.toContain('route add default');
    expect(offline).not.toContain('nameserver');
    expect(offline).toContain('iifname "$bridge" oifname != "$bridge" drop');
  });

  test('limits are set where they were asked for, in either version of cgroups, and none else', () => {
    expect(script).toContain('put memory.limit_in_bytes 134217728 || put memory.max 134217728 ||');
    expect(script).toContain("put cpu.cfs_quota_us 50000 || put cpu.max '50000 100000' ||");
    expect(script).not.toContain('pids.max');
  });

  test('a login other than root is given an account', () => {
    expect(script).toContain("useradd -m -s /bin/bash 'joe'");
    expect(createScript({ ...plan, user: 'root' })).not.toContain('useradd');
  });

  test('the relay to a resolver on the loopback is there only when one is needed', () => {
    expect(script).toContain('dnat to 127.0.0.1');
    expect(createScript({ ...plan, resolver: { servers: ['192.0.2.1'], rest: [] } })).not.toContain('dnat');
  });
});

test('nodes find names by their resolvers, and one another in /etc/hosts', () => {
  const nodes = [
    { id: 0, name: 'etcd0' },
    { id: 1, name: 'etcd1' },
  ];
  const script = namesScript({ servers: ['192.0.2.1', 'main'], rest: ['options edns0'] }, nodes);
  const { stdout } = execaSync('bash', ['-c', `net=10.1.2; ${script}; echo "$resolv_conf"; echo "$hosts"`]);
  expect(stdout.split('\n')).toEqual([
    'nameserver 192.0.2.1',
    'nameserver 10.1.2.1',
    'options edns0',
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    '10.1.2.2 etcd0',
    '10.1.2.3 etcd1',
  ]);
});

test('a proxy in the environment is passed on, since sudo keeps it back', () => {
  expect(buildTreeScript(build)).toContain("export http_proxy='http://user:pa'\\''ss@proxy:3128'");
  expect(buildTreeScript({ ...build, env: {} })).not.toContain('export');
});
