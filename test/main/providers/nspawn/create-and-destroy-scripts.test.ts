import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { processIdentity } from '../../../../common/processes/process-identity.ts';
import { hostKeyPair, machineId } from '../../../../main/providers/host/identity.ts';
import { shellFile } from '../../../../main/providers/host/shell-file.ts';
import { networkValues } from '../../../../main/providers/host/shell-values.ts';
import { actScript } from '../../../../main/providers/nspawn/act-script.ts';
import { bindFlag, type CreatePlan, createScript } from '../../../../main/providers/nspawn/create-script.ts';
import { destroyScript } from '../../../../main/providers/nspawn/destroy-script.ts';

const container = {
  id: 0,
  name: 'n0',
  tree: 0,
  machineId: machineId(),
  ...hostKeyPair(),
  memory: 2 ** 27,
  cpus: 0.5,
};
const plan: CreatePlan = {
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
test.each([
  ['create', createScript(plan)],
  ['create, as root and with nothing special', createScript({ ...plan, user: 'root', shares: [] })],
  ['destroy', destroyScript('abc123')],
  ['reboot', actScript('abc123', 0, ['reboot'])],
  ['power off', actScript('abc123', 0, ['power_off'])],
  ['power on', actScript('abc123', 0, ['power_on'])],
  ['snapshot', actScript('abc123', 0, ['snapshot', 'before'])],
  ['letting go', actScript('abc123', 0, ['let_go'])],
  ['restore', actScript('abc123', 0, ['restore', 'before'])],
])('%s is what bash takes for a script', (_name, script) => {
  expect(execaSync('bash', ['-n'], { input: script, reject: false }).stderr).toBe('');
});

/** What bash prints for the create script with `calls` in place of its last part, which makes the cluster. */
function printed(created: CreatePlan, calls: string): string {
  const [definitions = ''] = createScript(created).split('\nmust_have_shares\n');
  // Nothing of it is done here.
  const stubs = 'die() { echo "$*"; exit 1; }; nft() { cat; }; ip() { echo "ip $*"; cat; };';
  return execaSync('bash', ['-eu', '-c', `${stubs}\n${definitions}\nnet=10.1.2 mtu=1500\n${calls}`]).stdout;
}

describe('what the create script does', () => {
  test('the state is on disk before anything is made', () => {
    const script = createScript(plan);
    const doing = script.slice(script.indexOf('\nmust_have_shares\n')).split('\n');
    const made = ['make_cluster_group "$cgroup"', 'make_bridge', '  make_node "$index" &', 'open_network'];
    const lines = ['make_folder', ...made].map((line) => doing.indexOf(line));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(lines[0]).toBeGreaterThan(0);
  });

  test('paths of shares reach systemd-nspawn with their colons escaped', () => {
    expect(plan.shares.map(bindFlag)).toEqual(['--bind-ro=/a b\\:c:/c']);
    expect(printed(plan, 'write_start_program 0')).toContain('binds=([0]="--bind-ro=/a b\\\\:c:/c")');
  });

  test('each tree has a link in the cluster’s folder, and each container lies over its own', () => {
    const other = { ...plan, containers: [container, { ...container, id: 1, tree: 1 }] };
    expect(printed(other, 'declare -p trees tree_links node_trees').split('\n')).toEqual([
      'declare -a trees=([0]="/cache/a tree" [1]="/cache/b")',
      'declare -a tree_links=([0]="tree" [1]="tree1")',
      'declare -a node_trees=([0]="tree" [1]="tree1")',
    ]);
  });

  test('without internet there is no default route, no resolver, and nothing is forwarded', () => {
    const calls =
      'pass_other_firewalls() { :; }; write_start_program 0; compose_names; echo "$resolv_conf"; open_network';
    const sealed = 'iifname "sdabc123" oifname != "sdabc123" drop';
    const direct = { ...plan, resolver: { servers: ['10.1.2.1'], rest: [] } };
    const online = printed(direct, calls);
    expect(online).toContain('gateway="10.1.2.1"');
    expect(online).toContain('nameserver 10.1.2.1');
    expect(online).not.toContain(sealed);
    const offline = printed({ ...direct, internet: false }, calls);
    expect(offline).toContain('gateway=""');
    expect(offline).not.toContain('nameserver 10');
    expect(offline).toContain(sealed);
  });

  test('limits are set where they were asked for, in either version of cgroups, and none else', () => {
    const limit = 'limit_group a "$memory_limits" "$cpu_limits" "$process_limits"';
    const version = (file: string) =>
      `put_limit() { case $2 in ${file}) echo "$*" ;; *) return 1 ;; esac; }; ${limit}`;
    expect(printed(plan, version('memory.limit_in_bytes|cpu.cfs_quota_us|pids.max'))).toBe(
      'a memory.limit_in_bytes 134217728\na cpu.cfs_quota_us 50000',
    );
    expect(printed(plan, version('memory.max|cpu.max|pids.max'))).toBe(
      'a memory.max 134217728\na cpu.max 50000 100000',
    );
    expect(() => printed(plan, version('cpu.max'))).toThrow('cannot limit the memory');
  });

  test('a login other than root is given an account', () => {
    const calls =
      'chroot() { echo "chroot $*"; }; authorize_in() { :; }; printf() { :; }; authorize /nonexistent || :';
    expect(printed(plan, calls)).toContain('chroot /nonexistent useradd -m -s /bin/bash joe');
    expect(printed({ ...plan, user: 'root' }, calls)).toBe('');
  });

  test('the relay to a resolver on the loopback is there only when one is needed', () => {
    const rules = 'pass_other_firewalls() { :; }; open_network 2>/dev/null || :';
    expect(printed(plan, rules)).toContain('dnat to 127.0.0.1');
    const direct = { ...plan, resolver: { servers: ['192.0.2.1'], rest: [] } };
    expect(printed(direct, rules)).not.toContain('dnat');
  });

  test('a node has a hardware address of its own, the same at each boot', () => {
    const other = { ...plan, containers: [container, { ...container, id: 300 }] };
    const addresses = printed(other, 'write_start_program 0; write_start_program 1').match(/mac="\S+"/g);
    expect(addresses).toEqual(['mac="02:ab:c1:23:00:00"', 'mac="02:ab:c1:23:01:2c"']);
  });
});

test('nodes find names by their resolvers, and one another in /etc/hosts', () => {
  const values = networkValues({
    bridge: 'b',
    table: 't',
    subnets: [],
    internet: true,
    resolver: { servers: ['192.0.2.1', 'main'], rest: ['options edns0'] },
    nodes: [
      { name: 'etcd0', host: 2 },
      { name: 'etcd1', host: 3 },
    ],
  });
  const folder = join(import.meta.dirname, '../../../../main/providers/host/shell');
  const script = `${shellFile(folder, 'make-network.sh', values)}
net=10.1.2; compose_names; printf %s "$resolv_conf$hosts"`;
  expect(execaSync('bash', ['-euc', script]).stdout.split('\n')).toEqual([
    'nameserver 192.0.2.1',
    'nameserver 10.1.2.1',
    'options edns0',
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    '10.1.2.2 etcd0',
    '10.1.2.3 etcd1',
  ]);
});
