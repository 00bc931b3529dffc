import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Cluster } from '../../../main/providers/provider.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { clusterIds, result, scenario, shakedown, start } from '../harness.ts';
import { type Cloud, credentials, region, startCloud } from './moto/cloud.ts';
import { type MachineRoom, openMachineRoom } from './moto/machine-room.ts';

/** The EC2 API is moto's, the instances are containers that a real cloud-init boots with our user data. */
let cloud: Cloud;
let room: MachineRoom;
beforeAll(async () => {
  cloud = await startCloud();
  room = await openMachineRoom(2, cloud);
}, 600_000);
afterAll(async () => {
  await room?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});
const destroy = (id: string) => cloud.provider().destroy({ id }, cloud.context());
const instancesOf = async (cluster: string) => {
  const { Reservations = [] } = await cloud.ec2.describeInstances({
    Filters: [{ Name: 'tag:shakedown', Values: [cluster] }],
  });
  return Reservations.flatMap(({ Instances = [] }) => Instances);
};

describe('a cluster of instances', () => {
  let cluster: Cluster;
  let notes = '';
  beforeAll(async () => {
    const emit = (event: { type: string; message?: string }) => {
      notes += `${event.message ?? ''}\n`;
    };
    cluster = await cloud.create({ count: 2, pricePerHour: 0.02, expiresAfter: '90m' }, { ctx: { emit } });
  });
  afterAll(async () => {
    await destroy(cluster.id);
    expect(await cloud.remains()).toEqual([]);
    expect(readdirSync(cloud.home)).toEqual(['places']);
    expect(readdirSync(`${cloud.home}/places`)).toEqual([]);
  });

  test('has the tags of its cluster, owner and expiry on everything', async () => {
    const tags = {
      shakedown: cluster.id,
      'shakedown:owner': expect.any(String),
      'shakedown:expires': expect.any(String),
    };
    const query = { Filters: [{ Name: 'tag:shakedown', Values: [cluster.id] }] };
    const { SecurityGroups = [] } = await cloud.ec2.describeSecurityGroups(query);
    const { KeyPairs = [] } = await cloud.ec2.describeKeyPairs(query);
    const { Volumes = [] } = await cloud.ec2.describeVolumes(query);
    const things = [...(await instancesOf(cluster.id)), ...SecurityGroups, ...KeyPairs, ...Volumes];
    expect([SecurityGroups.length, KeyPairs.length, Volumes.length, things.length]).toEqual([1, 1, 2, 6]);
    for (const { Tags = [] } of things) {
      expect(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))).toMatchObject(tags);
    }
    const expires = Date.parse(things[0]?.Tags?.find(({ Key }) => Key === 'shakedown:expires')?.Value ?? '');
    expect(expires - Date.now()).toBeGreaterThan(80 * 60_000);
    expect(expires - Date.now()).toBeLessThan(90 * 60_000);
  });

  test('runs the newest image of the release that its makers published, and terminates when it shuts down', async () => {
    const [instance] = await instancesOf(cluster.id);
    expect(instance?.ImageId).toBe('ami-0d12000000000002');
    const { InstanceInitiatedShutdownBehavior: behavior } = await cloud.ec2.describeInstanceAttribute({
      InstanceId: instance?.InstanceId ?? '',
      Attribute: 'instanceInitiatedShutdownBehavior',
    });
    expect(behavior?.Value).toBe('terminate');
  });

  test('lets in its own members and this main host, and nobody else', async () => {
    const { SecurityGroups = [] } = await cloud.ec2.describeSecurityGroups({
      Filters: [{ Name: 'tag:shakedown', Values: [cluster.id] }],
    });
    const rules = SecurityGroups[0]?.IpPermissions ?? [];
    const networks = rules.flatMap(({ IpRanges = [] }) => IpRanges.map(({ CidrIp }) => CidrIp));
    // The endpoint is on this very machine, which is seen from there as this.
    expect(networks).toEqual(['127.0.0.1/32']);
    expect(
      rules.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId }) => GroupId)),
    ).toEqual([SecurityGroups[0]?.GroupId]);
    expect(rules.flatMap(({ Ipv6Ranges = [] }) => Ipv6Ranges)).toEqual([]);
  });

  test('gets the host key that is then expected, and nothing else could be taken for it', async () => {
    const [first, second] = await instancesOf(cluster.id);
    const dataOf = async (id = '') => {
      const { UserData } = await cloud.ec2.describeInstanceAttribute({
        InstanceId: id,
        Attribute: 'userData',
      });
      return parse(Buffer.from(UserData?.Value ?? '', 'base64').toString());
    };
    const keys = [await dataOf(first?.InstanceId), await dataOf(second?.InstanceId)].map(
      ({ ssh_keys }) => ssh_keys.ed25519_public,
    );
    expect(new Set(keys)).toEqual(new Set(cluster.machines.map(({ ssh }) => ssh.hostKey)));
    expect(new Set(keys).size).toBe(2);
  });

  test('is told with its price, as the config has it, and its end', () =>
    expect(notes).toMatch(
      /2 t3\.small in EC2 in eu-central-1 at .*: 0\.04 USD an hour.*end themselves at 20\d\d-/,
    ));

  test('is one for nodes a public name, which is their private address among themselves', () =>
    expect(cluster.machines[0]).toMatchObject({
      address: expect.stringMatching(/^ec2-.*\.amazonaws\.com$/),
      ssh: { host: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/), user: 'root', port: 22 },
    }));

  test('is not switched off while it is reached by an address that it would lose', async () => {
    const off = cloud.provider().powerOff({ cluster, machine: 0 }, cloud.context());
    await expect(off).rejects.toMatchObject({
      details: { hint: expect.stringContaining("addresses: 'private'") },
    });
  });
});

describe('instances that are real', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cloud.proxy.rule(room.rule);
    const options = { count: 2, subnet: room.subnet, addresses: 'private' as const };
    cluster = await cloud.create({ ...options, expiresAfter: '2h' }, { user: 'joe', real: true });
  });
  afterAll(async () => {
    await destroy(cluster.id);
    cloud.proxy.rule();
    expect(await cloud.remains()).toEqual([]);
  });
  const connect = (node: number, timeout = 120) => {
    const ssh = cluster.machines[node]?.ssh ?? { host: '', port: 22, user: '' };
    return connectSsh(ssh, { signal: AbortSignal.timeout(150_000), timeout });
  };
  const on = async (node: number, command: string) => {
    await using remote = await connect(node);
    return (await remote.exec(command)).stdout.trim();
  };

  test('answer with the host key that we made, to the user that was asked for', async () => {
    for (const node of [0, 1]) {
      expect(await on(node, 'whoami; hostname; sudo -n whoami')).toBe(`joe\nn${node}\nroot`);
      expect(await on(node, 'ls /etc/ssh/*.pub')).toBe('/etc/ssh/ssh_host_ed25519_key.pub');
    }
  });

  const knowOneAnother = async () => {
    const addresses = cluster.machines.map(({ address }) => address);
    // The first answer is the one that programs take.
    const lookUp = "for name in n0 n1; do getent ahostsv4 $name | awk 'NR == 1 { print $1 }'; done";
    for (const node of [0, 1]) expect((await on(node, lookUp)).split('\n')).toEqual(addresses);
    expect(await on(0, 'bash -c "< /dev/tcp/n1/22" && echo reached')).toBe('reached');
  };
  test('know one another by name', knowOneAnother);

  test('were booted by user data that cloud-init’s own schema finds valid', async () =>
    expect(
      await on(0, 'sudo cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data'),
    ).toContain('Valid'));

  test('restart, and keep their host key and the names', async () => {
    const boot = 'cat /proc/sys/kernel/random/boot_id';
    const before = await on(0, boot);
    await cloud.provider().reboot({ cluster, machine: 0 }, cloud.context());
    expect(await on(0, boot)).not.toBe(before);
    await knowOneAnother();
  });

  test('lose and regain their power', async () => {
    await cloud.provider().powerOff({ cluster, machine: 1 }, cloud.context());
    const states = async () => (await instancesOf(cluster.id)).map(({ State }) => State?.Name).sort();
    expect(await states()).toEqual(['running', 'stopped']);
    await expect(connect(1, 1)).rejects.toThrow();
    await cloud.provider().powerOn({ cluster, machine: 1 }, cloud.context());
    expect(await states()).toEqual(['running', 'running']);
    expect(await on(1, 'whoami')).toBe('joe');
  });

  test('end themselves by their own clock, also after a restart', async () => {
    const timer = await on(
      0,
      'systemctl is-active shakedown-expiry.timer; systemctl show -P TimersMonotonic shakedown-expiry.timer',
    );
    expect(timer).toMatch(/^active\n.*OnActiveUSec=2h /);
    await on(0, 'sudo systemctl start --no-block shakedown-expiry.service');
    await expect
      .poll(
        () =>
          connect(0, 1).then(
            async (remote) => remote[Symbol.asyncDispose]().then(() => 'up'),
            () => 'down',
          ),
        {
          timeout: 90_000,
          interval: 1000,
        },
      )
      .toBe('down');
  });
});

describe('the program', () => {
  const folder = () =>
    scenario({
      'config/main.config.ts': `import { command, defineMain, machines } from 'shakedown';
export default defineMain({
  nodes: machines({ count: 2, packages: ['hello'] }),
  checks: [command({ on: { node: 0 }, command: 'hello', stdout: /Hello/ })],
  providers: {
    ec2: { region: '${region}', endpoint: '${cloud.proxy.url}', subnet: '${room.subnet}', addresses: 'private' },
  },
});
`,
    });
  const run = ['run', '--provider', 'ec2', '--count', '1'];

  test('runs a scenario that names no kind of machine on instances, and leaves none', async () => {
    cloud.proxy.rule(room.rule);
    const directory = folder();
    const { exitCode, all } = await shakedown(directory, run, credentials);
    expect(exitCode, all).toBe(0);
    expect(result(directory).verdict).toBe('pass');
    const [id = ''] = clusterIds(directory);
    expect((await instancesOf(id)).map(({ State }) => State?.Name)).toEqual(['terminated']);
    expect(await cloud.remains()).toEqual([]);
  });

  test('interrupted by Ctrl-C while instances are launched leaves nothing', async () => {
    const running = start(folder(), run, credentials);
    cloud.proxy.rule((call) => {
      if (call.get('Action') === 'RunInstances') running.kill('SIGINT');
      return undefined;
    });
    const { exitCode, all } = await running;
    expect(exitCode, all).toBe(130);
    expect(await cloud.remains()).toEqual([]);
  });

  test('killed there leaves what its ledger and tags find: reap takes it away', async () => {
    const directory = folder();
    const running = start(directory, run, credentials);
    const kill = async () => void running.kill('SIGKILL');
    cloud.proxy.rule((call) =>
      call.get('Action') === 'RunInstances' ? { kind: 'then', act: kill } : undefined,
    );
    await running;
    expect(await cloud.remains()).not.toEqual([]);
    const { exitCode, all } = await shakedown(directory, ['reap', '--provider', 'ec2'], credentials);
    expect(exitCode, all).toBe(0);
    expect(await cloud.remains()).toEqual([]);
  });
});
