import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inventoryHosts } from '../../../main/providers/ssh/inventory/inventory-hosts.ts';
import { readInventory } from '../../../main/providers/ssh/inventory/read-inventory.ts';
import {
  clusterIds,
  leftovers,
  mainConfig,
  nodeConfig,
  readLatest,
  result,
  shakedown,
  start,
  write,
} from '../harness.ts';

/** Containers that stand in for machines which were there before: m1 and m2 are a `db`, m3 is a `web`. */
const host = mkdtempSync(join(tmpdir(), 'shakedown-lab-'));
/** A user's home that knows these machines. */
const home = join(host, 'home');
const env = { HOME: home, SSH_AUTH_SOCK: '', ANSIBLE_HOME: join(host, 'ansible'), ANSIBLE_NOCOLOR: '1' };
const folders = [host];

interface Listed {
  readonly cluster: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly address: string;
    readonly ssh: { readonly keyFile: string };
    readonly command: readonly string[];
  }[];
}
let lab: Listed;
const addressOf = (name: string): string => lab.nodes.find((node) => node.name === name)?.address ?? '';
const onLab = async (name: string, command: string): Promise<string> =>
  (await shakedown(host, ['exec', name, '--', command])).stdout;

/** A folder with a scenario of one small service, on these machines. */
function folder(nodes: string, more = ''): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-inventory-'));
  folders.push(directory);
  const imports = "import { mixed } from 'shakedown';\n";
  write(directory, 'config/main.config.ts', imports + mainConfig(`nodes: ${nodes}, ${more}`));
  const service = "services: [{ name: 'loop', command: 'exec sh loop.sh' }]";
  write(directory, 'config/node.config.ts', nodeConfig(service));
  write(directory, 'node_files/loop.sh', 'echo looping; while :; do sleep 1; done\n');
  return directory;
}

/** A check that never comes to an end. */
const waiting =
  "import { test } from 'shakedown/check';\ntest('waits', () => new Promise(() => undefined));\n";

const inventory = async (format: string): Promise<string> =>
  (await shakedown(host, ['nodes', 'inventory', '--format', format])).stdout;

const leaseFiles = (): readonly string[] => {
  const all = '/var/tmp/shakedown-leases';
  return (existsSync(all) ? readdirSync(all) : []).map((name) => join(all, name));
};

/** The leases of a folder's runs. */
const leases = (directory: string): readonly string[] =>
  leaseFiles()
    .map((file) => readFileSync(file, 'utf8'))
    .filter(
      (text) => text.includes(`"${directory}"`) || clusterIds(directory).some((id) => text.includes(id)),
    );

beforeAll(async () => {
  const machines = "[{ name: 'm1', role: 'db' }, { name: 'm2', role: 'db' }, { name: 'm3', role: 'web' }]";
  write(host, 'config/main.config.ts', mainConfig(`nodes: nspawn({ nodes: ${machines} })`));
  write(host, 'config/node.config.ts', nodeConfig(''));
  write(host, 'node_files/readme', 'nothing\n');
  const up = await shakedown(host, ['nodes', 'up']);
  expect(up.exitCode, up.all).toBe(0);
  lab = JSON.parse(await inventory('json'));
  write(home, '.ssh/known_hosts', readFileSync(join(host, '.shakedown/known_hosts'), 'utf8'));
  writeFileSync(join(host, 'hosts.ini'), await inventory('ansible'));
});

afterAll(async () => {
  for (const directory of folders.toReversed()) {
    const kept = existsSync(join(directory, '.shakedown/cluster.json'));
    if (kept) await shakedown(directory, ['down'], directory === host ? {} : env);
    expect(leases(directory)).toEqual([]);
  }
  // That one of our machines did not answer is remembered for a day.
  const ours = (file: string) => lab.nodes.some(({ address }) => file.includes(`/${address}%`));
  for (const file of leaseFiles().filter(ours)) rmSync(file);
  const ids = folders.flatMap(clusterIds);
  for (const directory of folders) rmSync(directory, { recursive: true, force: true });
  expect(await leftovers(ids)).toEqual([]);
});

describe('machines without a run', () => {
  test('are there, and stay when they are asked for again', async () => {
    const again = await shakedown(host, ['nodes', 'up']);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('machines here already: 3')]);
    const list = JSON.parse((await shakedown(host, ['nodes', '--json', '--wait', '20'])).stdout);
    expect(list).toMatchObject(['m1', 'm2', 'm3'].map((name) => ({ name, answers: true })));
  });

  test('are Ansible’s, all of them and by role', async () => {
    const names = async (group: string) => {
      const args = ['-i', join(host, 'hosts.ini'), group, '-m', 'raw', '-a', 'echo i am $(hostname)'];
      const { stdout } = await execa('ansible', args, { env });
      return [...stdout.matchAll(/^i am (\S+)/gm)].map(([, name]) => name).toSorted();
    };
    expect(await names('all')).toEqual(['m1', 'm2', 'm3']);
    expect(await names('db')).toEqual(['m1', 'm2']);
  });

  test('are OpenSSH’s, whoever else the user knows', async () => {
    const file = join(host, 'ssh_config');
    writeFileSync(file, await inventory('ssh-config'));
    const { stdout } = await execa('ssh', ['-F', file, 'm2', 'hostname'], { env: { HOME: '/nonexistent' } });
    expect(stdout).toBe('m2');
  });

  test('are a shell’s, and any program’s that reads JSON', async () => {
    const script = `${await inventory('env')}
      for n in $SHAKEDOWN_NODES; do eval "ssh=\\$SHAKEDOWN_NODE_\${n}_SSH"; eval "$ssh hostname"; done`;
    expect((await execa('sh', ['-eu', '-c', script])).stdout.split('\n')).toEqual(['m1', 'm2', 'm3']);
    const [program = '', ...args] = lab.nodes[2]?.command ?? [];
    expect((await execa(program, [...args, 'hostname'])).stdout).toBe('m3');
  });
});

describe('an Ansible inventory', () => {
  const ini = `gate ansible_user=guard
[db]
db[01:02].example ansible_host=10.0.0.1 # a comment
10.0.0.9:2222 ansible_ssh_private_key_file='/keys/nine key'
[web]
web-[a:c:2] ansible_port=23
[site:children]
db
web
[site:vars]
ansible_user="deploy er"
ansible_port=2200
`;

  /** Machine by machine: host, port, user and key as Ansible understands them. */
  async function asAnsible(file: string): Promise<unknown> {
    const { stdout } = await execa('ansible-inventory', ['-i', file, '--list'], { env });
    const vars: Record<string, Record<string, unknown>> = JSON.parse(stdout)._meta.hostvars;
    return Object.fromEntries(
      Object.entries(vars).map(([name, each]) => [
        name,
        ['host', 'port', 'user', 'ssh_private_key_file'].map((key) => String(each[`ansible_${key}`] ?? '')),
      ]),
    );
  }

  const asWe = (file: string): unknown =>
    Object.fromEntries(
      inventoryHosts(readInventory(file), {}).map(
        ({ name = '', address, port = '', user = '', key = '' }) => [
          name,
          [address === name ? '' : address, String(port), user, key],
        ],
      ),
    );

  test('means to us what it means to Ansible, in INI and in YAML', async () => {
    const file = join(host, 'lab.ini');
    writeFileSync(file, ini);
    expect(asWe(file)).toEqual(await asAnsible(file));
    const { stdout: yaml } = await execa('ansible-inventory', ['-i', file, '--list', '--yaml'], { env });
    writeFileSync(join(host, 'lab.yml'), yaml);
    expect(asWe(join(host, 'lab.yml'))).toEqual(asWe(file));
  });
});

describe('a pool', () => {
  const pool = (count: number, group = '') =>
    `ssh({ inventory: '${join(host, 'hosts.ini')}', ${group} count: ${count} })`;

  test('gives runs different machines; one without ssh is set aside, a dead run’s is free again', async () => {
    await onLab('m1', 'systemctl stop ssh.socket ssh.service 2>/dev/null; :');
    const first = folder(pool(1, "group: 'db',"));
    const up = await shakedown(first, ['nodes', 'up'], env);
    expect(up.exitCode, up.all).toBe(0);
    expect(readLatest(first, 'tester.log')).toMatch(
      new RegExp(`set aside.* ${addressOf('m1')}: no ssh answer`),
    );
    expect(up.all).toContain(`node0 at ${addressOf('m2')}`);

    const second = folder(pool(1), "checks: ['checks/*.ts']");
    write(second, 'checks/wait.ts', waiting);
    const killed = start(second, ['run'], env);
    await expect.poll(() => leases(second).length, { timeout: 60_000 }).toBe(1);
    expect(leases(second)[0]).toContain(addressOf('m3'));
    killed.kill('SIGKILL');
    await killed;
    const third = folder(
      pool(1),
      "checks: [command({ name: 'name', command: 'hostname', on: 'all', stdout: 'm3' })]",
    );
    const run = await shakedown(third, ['run'], env);
    expect(run.exitCode, run.all).toBe(0);
    expect([leases(third), leases(first).length]).toEqual([[], 1]);
    expect((await shakedown(first, ['nodes', 'down'], env)).stdout).toMatch(/^gave back the 1 ssh machines/);
    expect(leases(first)).toEqual([]);
  });

  test('that has too few says who has the others', async () => {
    const taker = folder(pool(1, "roles: { front: 'web' },"));
    await shakedown(taker, ['nodes', 'up'], env);
    const late = folder(pool(1, "group: 'web',"));
    const up = await shakedown(late, ['nodes', 'up'], env);
    expect([up.exitCode, up.all]).toEqual([
      3,
      expect.stringContaining(`${addressOf('m3')}: kept in ${taker}`),
    ]);
  });
});

describe('two containers that are made and a machine that was there', () => {
  const machines = () =>
    `mixed([nspawn({ count: 2 }), ssh([{ address: '${addressOf('m2')}', user: 'root', name: 'metal', role: 'db' }])])`;
  const key = () => ['-k', lab.nodes[0]?.ssh.keyFile ?? ''];

  test('are one cluster: they reach one another, and only what was made is destroyed', async () => {
    // Containers let no stranger in; a machine in the rack would.
    await execa('sh', ['-c', `nft flush chain ip shakedown_${lab.cluster} shield`]);
    const reach = [
      "command({ name: 'names', command: 'ping -c1 -W20 node1 && ping -c1 -W20 metal', on: { node: 0 } })",
      "command({ name: 'back', command: 'ping -c1 -W20 $(cat /srv/shakedown/first)', on: { role: 'db' } })",
    ];
    const directory = folder(machines(), `checks: [${reach}]`);
    write(directory, 'node_files/first.tmpl', '<{ nodes[0].address }>\n');
    const run = await shakedown(directory, ['run', ...key()], env);
    expect(run.exitCode, run.all).toBe(0);
    expect(result(directory)).toMatchObject({
      provider: 'mixed',
      nodes: [
        { id: 0, name: 'node0' },
        { id: 1 },
        { id: 2, name: 'metal', address: addressOf('m2'), role: 'db' },
      ],
    });
    expect(await leftovers(clusterIds(directory))).toEqual([]);
    expect(leases(directory)).toEqual([]);
    const left = await onLab('m2', 'ls -A /srv/shakedown; pgrep -f "[l]oop.sh"; grep node0 /etc/hosts');
    expect(left).toBe('');
  });

  test('leave nothing when their run is killed, at whatever moment', async () => {
    const directory = folder(machines(), "checks: ['checks/*.ts']");
    write(directory, 'checks/wait.ts', waiting);
    for (let round = 0; round < 3; round++) {
      const killed = start(directory, ['run', ...key()], env);
      await expect
        .poll(() => clusterIds(directory).length, { timeout: 60_000, interval: 10 })
        .toBe(round + 1);
      await sleep(round * 700 + Math.random() * 700);
      killed.kill('SIGKILL');
      await killed;
      const reap = await shakedown(directory, ['reap'], env);
      expect(reap.exitCode, reap.all).toBe(0);
      expect(await leftovers(clusterIds(directory)), `round ${round}`).toEqual([]);
      expect(leases(directory)).toEqual([]);
    }
  });
});
