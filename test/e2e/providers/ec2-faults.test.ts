import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { Ec2States } from '../../../main/providers/ec2/ec2-state.ts';
import { newClusterId } from '../../../main/run/machines/make-machines.ts';
import { scenario, shakedown } from '../harness.ts';
import { type Cloud, credentials, region, startCloud } from './moto/cloud.ts';
import type { Fault, Rule } from './moto/fault-proxy.ts';

/** What can go wrong between us and EC2, over the wire against moto. */
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud[Symbol.asyncDispose]());

afterEach(async () => {
  cloud.proxy.rule();
  for (const { id } of await cloud.provider().list(cloud.context())) await destroy(id);
  expect(await cloud.remains()).toEqual([]);
  expect(readdirSync(cloud.home).filter((name) => name !== 'places')).toEqual([]);
});

const destroy = (id: string) => cloud.provider().destroy({ id }, cloud.context());
const on =
  (action: string, fault: (call: URLSearchParams, count: number) => Fault | undefined): Rule =>
  (call, count) =>
    call.get('Action') === action ? fault(call, count) : undefined;
const error = (code: string, status = 400): Fault => ({ kind: 'error', code, status });
const instances = async (id: string) =>
  (await cloud.remains(id)).filter((line) => /^i-.* running$/.test(line)).length;
const actions = () => cloud.proxy.calls.map((call) => call.get('Action'));

describe('requests that fail for a while', () => {
  test('are repeated when EC2 throttles', async () => {
    cloud.proxy.rule((call, count) =>
      /^(RunInstances|DescribeImages|CreateSecurityGroup)$/.test(call.get('Action') ?? '') && count <= 2
        ? error('RequestLimitExceeded', 503)
        : undefined,
    );
    const { id } = await cloud.create({ count: 2 });
    expect(await instances(id)).toBe(2);
  });

  test('are looked into before they are repeated when the answer was lost: nothing is made twice', async () => {
    cloud.proxy.rule((call, count) =>
      /^(RunInstances|ImportKeyPair|CreateSecurityGroup|AuthorizeSecurityGroupIngress)$/.test(
        call.get('Action') ?? '',
      ) && count === 1
        ? { kind: 'lose-answer' }
        : undefined,
    );
    const { id } = await cloud.create({ count: 3 });
    expect(await instances(id)).toBe(3);
    const kinds = (await cloud.remains(id)).map((line) => line.split('-')[0]);
    expect(kinds.filter((kind) => kind !== 'vol' && kind !== 'eni')).toEqual([
      'i',
      'i',
      'i',
      'sg',
      'shakedown',
    ]);
  });

  test('have one token for all repetitions of one instance, and another for each other', async () => {
    cloud.proxy.rule(
      on('RunInstances', (_call, count) => (count <= 2 ? error('InternalError', 500) : undefined)),
    );
    await cloud.create({ count: 2 });
    const tokens = cloud.proxy.calls.flatMap((call) => call.get('ClientToken') ?? []);
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens).size).toBe(2);
  });

  test('a second create with the same id makes nothing twice, and knows the host keys', async () => {
    const first = await cloud.create({ count: 2 });
    const second = await cloud.create({ count: 2 }, { cluster: first.id });
    expect(second.machines).toEqual(first.machines);
    expect(await instances(first.id)).toBe(2);
  });
});

describe('EC2 is eventually consistent', () => {
  const atFirst = (action: RegExp, code: string): Rule => {
    let left = 2;
    return (call) => (action.test(call.get('Action') ?? '') && left-- > 0 ? error(code) : undefined);
  };

  test.each([
    ['AuthorizeSecurityGroupIngress', 'InvalidGroup.NotFound'],
    ['RunInstances', 'InvalidGroup.NotFound'],
    ['RunInstances', 'InvalidKeyPair.NotFound'],
  ])('%s does not know what was made just before: %s', async (action, code) => {
    cloud.proxy.rule(atFirst(new RegExp(`^${action}$`), code));
    const { id } = await cloud.create();
    expect(actions().filter((each) => each === action)).toHaveLength(3);
    expect(await instances(id)).toBe(1);
  });

  test('an instance is not known for a while after it was launched', async () => {
    let left = 3;
    cloud.proxy.rule(
      on('DescribeInstances', (call) =>
        call.has('InstanceId.1') && left-- > 0 ? error('InvalidInstanceID.NotFound') : undefined,
      ),
    );
    const { machines } = await cloud.create({ count: 2 });
    expect(machines).toHaveLength(2);
    expect(left).toBeLessThan(0);
  });

  test('nor when it is to be terminated', async () => {
    const { id } = await cloud.create();
    cloud.proxy.rule(atFirst(/^TerminateInstances$/, 'InvalidInstanceID.NotFound'));
    await destroy(id);
    expect(await cloud.remains(id)).toEqual([]);
  });

  test('a security group is in use for a while after its instances are gone', async () => {
    const { id } = await cloud.create();
    cloud.proxy.rule(atFirst(/^DeleteSecurityGroup$/, 'DependencyViolation'));
    await destroy(id);
    expect(actions().filter((action) => action === 'DeleteSecurityGroup')).toHaveLength(3);
    expect(await cloud.remains(id)).toEqual([]);
  });

  test('a security group that something else uses is told after a while, and found again', async () => {
    const { id } = await cloud.create();
    cloud.proxy.rule(on('DeleteSecurityGroup', () => error('DependencyViolation')));
    const hasty = cloud.provider(credentials, cloud.home, { patience: { state: 1000 } });
    await expect(hasty.destroy({ id }, cloud.context())).rejects.toMatchObject({
      details: { message: expect.stringMatching(/security group sg-\w+ is still used/) },
    });
    expect((await cloud.provider().list(cloud.context())).map((each) => each.id)).toEqual([id]);
  });

  test('every list may begin with an empty page', async () => {
    // Those of key pairs and types are not in pages, nor is what is asked for by its id.
    cloud.proxy.rule((call) =>
      /^Describe(?!KeyPairs|InstanceTypes$)/.test(call.get('Action') ?? '') && !call.has('InstanceId.1')
        ? { kind: 'empty-page' }
        : undefined,
    );
    const { id } = await cloud.create({ spot: true });
    expect(await instances(id)).toBe(1);
    expect((await cloud.provider().list(cloud.context())).map((each) => each.id)).toEqual([id]);
    await destroy(id);
    expect(await cloud.remains(id)).toEqual([]);
  });
});

describe('capacity', () => {
  const zoneOf = (call: URLSearchParams) => call.get('NetworkInterface.1.SubnetId');

  test('that is missing in one zone is had from another, for all nodes', async () => {
    let empty: string | null = null;
    cloud.proxy.rule(
      on('RunInstances', (call) => {
        empty ??= zoneOf(call);
        return zoneOf(call) === empty ? error('InsufficientInstanceCapacity', 500) : undefined;
      }),
    );
    const told: string[] = [];
    const { id } = await cloud.create({ count: 3 }, { ctx: { log: (line) => told.push(line) } });
    expect(await instances(id)).toBe(3);
    expect(told.join('\n')).toContain(
      'no t3.small (on demand) in eu-central-1a: InsufficientInstanceCapacity',
    );
  });

  test('that is missing everywhere is told with the zones that were asked', async () => {
    cloud.proxy.rule(on('RunInstances', () => error('InsufficientInstanceCapacity', 500)));
    await expect(cloud.create()).rejects.toMatchObject({
      details: { message: expect.stringMatching(/no zone had.*t3\.small.*eu-central-1a.*eu-central-1c/) },
    });
  });

  test('that the spot market lacks is had on demand', async () => {
    const isSpot = (call: URLSearchParams) => call.get('InstanceMarketOptions.MarketType') === 'spot';
    cloud.proxy.rule(on('RunInstances', (call) => (isSpot(call) ? error('SpotMaxPriceTooLow') : undefined)));
    const notes: string[] = [];
    const emit = (event: { type: string; message?: string }) => void notes.push(event.message ?? '');
    const { id } = await cloud.create({ spot: { maxPrice: 0.001 }, pricePerHour: 0.02 }, { ctx: { emit } });
    expect(await instances(id)).toBe(1);
    expect(notes.join('\n')).toContain('0.02 USD an hour');
  });

  test('from the spot market is told with its price as EC2 has it', async () => {
    const notes: string[] = [];
    const emit = (event: { type: string; message?: string }) => void notes.push(event.message ?? '');
    await cloud.create({ count: 2, spot: true, type: 't3.micro' }, { ctx: { emit } });
    const { Reservations = [] } = await cloud.ec2.describeInstances({
      Filters: [{ Name: 'instance-state-name', Values: ['running'] }],
    });
    expect(
      Reservations.flatMap(({ Instances = [] }) => Instances).map((each) => each.InstanceLifecycle),
    ).toEqual(['spot', 'spot']);
    expect(notes.join('\n')).toMatch(/2 t3\.micro in EC2 .*: [\d.]+ USD an hour/);
  });
});

test('a VPC that gives out no names: its instances let one another in by their public addresses', async () => {
  cloud.proxy.rule(
    on('DescribeInstances', () => ({
      kind: 'then',
      act: async (answer) => answer.replace(/<dnsName>.*?<\/dnsName>/g, '<dnsName/>'),
    })),
  );
  const { id, machines } = await cloud.create({ count: 2 });
  const addresses = machines.map(({ address }) => address);
  expect(addresses).toEqual([expect.stringMatching(/^[\d.]+$/), expect.stringMatching(/^[\d.]+$/)]);
  const { SecurityGroups = [] } = await cloud.ec2.describeSecurityGroups({
    Filters: [{ Name: 'tag:shakedown', Values: [id] }],
  });
  const rules = SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions);
  const networks = rules.flatMap(({ IpRanges = [] }) => IpRanges.flatMap(({ CidrIp }) => CidrIp ?? []));
  expect(networks.sort()).toEqual(['127.0.0.1/32', ...addresses.map((address) => `${address}/32`)].sort());
});

describe('what cannot be', () => {
  const hasty = { call: 3000, request: 1000 };

  test.each([
    [{ image: 'ami-0123456789abcdef0' }, /InvalidAMIID/],
    [{ image: 'no-such-image-*' }, /has no image 'no-such-image-\*' of self/],
    [{ os: 'forky' }, /has no image 'debian-14-amd64-\*' of 136693071363/],
    [{ type: 't9.colossal' }, /InvalidInstanceType/],
    [{ securityGroup: 'sg-0123456789abcdef0' }, /InvalidGroup\.NotFound/],
    [{ subnet: 'subnet-0123456789abcdef0' }, /InvalidSubnetID/],
    [{ image: 'ami-0d12a00000000003' }, /is for arm64/],
  ])('%j: is told, before anything is made', async (options, message) => {
    await expect(cloud.create(options)).rejects.toMatchObject({
      details: { message: expect.stringMatching(message), hint: expect.any(String) },
    });
    expect(await cloud.remains()).toEqual([]);
    expect(actions()).not.toContain('RunInstances');
  });

  test.each([
    [{ os: 'plan9' }, /no operating system 'plan9'/],
    [{ memory: '64G' }, /t3\.small has 2048M of memory/],
    [{ cpus: 32 }, /t3\.small has 2 cores/],
  ])('%j: is the user’s mistake', async (options, message) => {
    const made = cloud.create(options);
    await expect(made).rejects.toBeInstanceOf(UsageError);
    await expect(made).rejects.toThrow(message);
  });

  test('credentials that EC2 does not know: nothing is made, and destroying needs none', async () => {
    const auth = (count: string) =>
      fetch(`${cloud.moto.url}/moto-api/reset-auth`, { method: 'POST', body: count });
    await auth('0');
    onTestFinished(async () => {
      await auth('inf');
    });
    const cluster = newClusterId();
    await expect(cloud.create({}, { cluster })).rejects.toMatchObject({
      details: {
        message: expect.stringContaining('AuthFailure'),
        hint: expect.stringContaining('AWS_ACCESS_KEY_ID'),
      },
    });
    await destroy(cluster);
    await auth('inf');
  });

  test('an endpoint that hangs: is given up in time', async () => {
    cloud.proxy.rule(on('DescribeSubnets', () => ({ kind: 'hang' })));
    await expect(cloud.create({}, { patience: hasty })).rejects.toMatchObject({
      details: {
        message: expect.stringMatching(/could not list the subnets: (no answer within 3 s|TimeoutError)/),
      },
    });
  });

  test('an endpoint that hangs when an instance is to be launched: asked again, and nothing is made twice', async () => {
    for (const after of [{}, { after: true }] as const) {
      cloud.proxy.rule(
        on('RunInstances', (_call, count) => (count === 1 ? { kind: 'hang', ...after } : undefined)),
      );
      const { id } = await cloud.create({}, { patience: hasty });
      const tokens = cloud.proxy.calls.flatMap((call) => call.get('ClientToken') ?? []);
      // One that was carried out is found by its tags.
      expect(tokens).toHaveLength('after' in after ? 1 : 2);
      expect(new Set(tokens).size).toBe(1);
      expect(await instances(id)).toBe(1);
    }
  });

  test('an endpoint that hangs then for ever: given up in time, and what it made all the same is terminated', async () => {
    const late: Promise<unknown>[] = [];
    cloud.proxy.rule((call, count) => {
      if (call.get('Action') !== 'RunInstances') return undefined;
      // The last one is carried out when nobody waits for it any more.
      if (count === 4) late.push(sleep(1500).then(() => cloud.ec2.runInstances(requestOf(call))));
      return { kind: 'hang' };
    });
    const cluster = newClusterId();
    const made = cloud.create({}, { cluster, patience: hasty });
    await expect(made).rejects.toMatchObject({
      details: {
        message: expect.stringMatching(/could not launch n0: no answer within 1 s/),
        hint: "check 'region', 'endpoint' and the network",
      },
    });
    expect(actions().filter((action) => action === 'RunInstances')).toHaveLength(4);
    await Promise.all(late);
    expect(await instances(cluster)).toBe(1);
    await destroy(cluster);
    expect(await cloud.remains(cluster)).toEqual([]);
    const { Reservations = [] } = await cloud.ec2.describeInstances({
      Filters: [{ Name: 'tag:shakedown', Values: [cluster] }],
    });
    const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
    expect(states).toEqual(['terminated']);
  });

  /** What EC2 was asked for, as far as it matters to who looks for it. */
  const requestOf = (call: URLSearchParams) => ({
    ...{ ImageId: call.get('ImageId') ?? '', MinCount: 1, MaxCount: 1 },
    TagSpecifications: [
      {
        ResourceType: 'instance' as const,
        Tags: [1, 2, 3, 4, 5, 6, 7, 8].flatMap((tag) => {
          const of = (what: string) => call.get(`TagSpecification.1.Tag.${tag}.${what}`);
          const [Key, Value] = [of('Key'), of('Value')];
          return Key && Value ? [{ Key, Value }] : [];
        }),
      },
    ],
  });

  test('an endpoint that takes connections and says nothing', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expect(
      cloud.create({ endpoint: `http://127.0.0.1:${port}` }, { patience: hasty }),
    ).rejects.toMatchObject({
      details: { hint: "check 'region', 'endpoint' and the network" },
    });
  });

  test('an instance that ends itself while it boots: its reason is told', async () => {
    cloud.proxy.rule(
      on('RunInstances', (_call, count) => ({
        kind: 'then',
        act: async (answer) => {
          const [, id = ''] = /<instanceId>(i-[0-9a-f]+)/.exec(answer) ?? [];
          if (count === 2) await cloud.ec2.terminateInstances({ InstanceIds: [id] });
        },
      })),
    );
    await expect(cloud.create({ count: 2 })).rejects.toMatchObject({
      details: {
        message: expect.stringMatching(/instance i-\w+ is terminated and was to boot: /),
        node: expect.any(Number),
      },
    });
  });
});

describe('the program tells what cannot be, and leaves nothing', () => {
  const folder = () =>
    scenario({
      'it.sh': 'true\n',
      'config/main.config.ts': `import { defineMain, machines } from 'shakedown';
export default defineMain({ nodes: machines({ count: 1 }), providers: { ec2: ${JSON.stringify({ region, endpoint: cloud.proxy.url })} } });\n`,
    });
  const script = () => [
    ...['script', 'it.sh', '--provider', 'ec2', '--machine', `region=${region}`],
    ...['--machine', `endpoint=${cloud.proxy.url}`],
  ];
  const run = () => ['run', '--provider', 'ec2'];
  const refused: Rule = () => error('AuthFailure', 401);
  const endsItself: Rule = on('RunInstances', () => ({
    kind: 'then',
    act: async (answer) => {
      const [, id = ''] = /<instanceId>(i-[0-9a-f]+)/.exec(answer) ?? [];
      await cloud.ec2.terminateInstances({ InstanceIds: [id] });
    },
  }));

  test.each([
    [
      'bad credentials, to run',
      run,
      refused,
      /AuthFailure.*\n +try: check the credentials: AWS_ACCESS_KEY_ID/,
    ],
    [
      'bad credentials, to script',
      script,
      refused,
      /AuthFailure.*\n +try: check the credentials: AWS_ACCESS_KEY_ID/,
    ],
    [
      'an unknown image',
      () => [...script(), '--machine', 'image=ami-0123456789abcdef0'],
      undefined,
      /could not find the image ami-0123456789abcdef0: InvalidAMIID.*\n +try: correct 'image'/,
    ],
    ['an instance that ends itself while it boots', script, endsItself, /is terminated and was to boot/],
  ])('%s', async (_, args, rule, words) => {
    const directory = folder();
    cloud.proxy.rule(rule);
    const { exitCode, all } = await shakedown(directory, args(), credentials);
    cloud.proxy.rule();
    expect(exitCode, all).toBe(3);
    expect(all).toMatch(words);
    expect(all).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(await cloud.remains()).toEqual([]);
  });
});

describe('a create that is broken off', () => {
  /** The requests that a create of one node sends, one after the other. */
  const steps = Array.from({ length: 11 }, (_, index) => index + 1);

  test.each(steps)('by Ctrl-C at request %i leaves nothing once destroyed', async (step) => {
    const interrupt = new AbortController();
    cloud.proxy.rule(() => {
      if (cloud.proxy.calls.length === step) interrupt.abort(new Error('Ctrl-C'));
      return undefined;
    });
    const cluster = newClusterId();
    const made = cloud.create({}, { cluster, ctx: { signal: interrupt.signal } });
    await expect(made).rejects.toThrow('Ctrl-C');
    cloud.proxy.rule();
    await destroy(cluster);
    expect(await cloud.remains(cluster)).toEqual([]);
  });

  test('by kill -9 at any request leaves what its id alone finds, and touches nothing of others', async () => {
    const mine = await cloud.ec2.runInstances({ ImageId: 'ami-0d12000000000002', MinCount: 1, MaxCount: 1 });
    const bystander = await cloud.create();
    for (const step of [5, 6, 8, 9, 10, 12]) {
      const cluster = newClusterId();
      const maker = startMaker(cluster);
      cloud.proxy.rule((_call) => {
        if (cloud.proxy.calls.length === step) maker.kill('SIGKILL');
        return undefined;
      });
      await maker;
      cloud.proxy.rule();
      expect((await cloud.provider().list(cloud.context())).map(({ id }) => id)).toContain(cluster);
      await destroy(cluster);
      expect(await cloud.remains(cluster), `request ${step}`).toEqual([]);
    }
    expect(await instances(bystander.id)).toBe(1);
    const ids = mine.Instances?.flatMap(({ InstanceId }) => InstanceId ?? []) ?? [];
    const { Reservations } = await cloud.ec2.describeInstances({ InstanceIds: ids });
    expect(Reservations?.[0]?.Instances?.[0]?.State?.Name).toBe('running');
    await cloud.ec2.terminateInstances({ InstanceIds: ids });
  });

  function startMaker(cluster: string) {
    const script = `
      import { Ec2Provider } from '${import.meta.dirname}/../../../main/providers/ec2/ec2-provider.ts';
      const [, home, cluster, endpoint, cacheDir] = process.argv;
      const nothing = async () => undefined;
      const ctx = { signal: new AbortController().signal, emit() {}, log() {}, clock: Date.now, cacheDir, ledger: { record: nothing, remove: nothing } };
      const machines = [0, 1].map((id) => ({ id, name: 'n' + id }));
      const options = { count: 2, region: '${region}', endpoint };
      const login = { publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFLKWVaYDCO5phstigRPYL5lP5aTuXcufCfRl28rwSCf' };
      await new Ec2Provider({ home }).create({ cluster, machines, options, login, shares: [] }, ctx);`;
    return execa(
      process.execPath,
      ['--input-type=module', '-e', script, cloud.home, cluster, cloud.proxy.url, '/var/cache/shakedown'],
      { reject: false, env: credentials },
    );
  }
});

describe('what earlier runs left', () => {
  const emptyHome = () => {
    const home = mkdtempSync(join(tmpdir(), 'shakedown-ec2-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    return home;
  };
  const environment = () => ({
    ...credentials,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_EC2: cloud.proxy.url,
  });

  test('is found by its tags with all states lost, in the cloud that the environment names', async () => {
    const { id } = await cloud.create();
    const stranger = cloud.provider(environment(), emptyHome());
    expect(await stranger.list(cloud.context())).toMatchObject([{ id, ownerAlive: true, kept: false }]);
    await stranger.destroy({ id }, cloud.context());
    expect(await cloud.remains()).toEqual([]);
  });

  test('by another main host is left alone until its expiry, and then found', async () => {
    const { id } = await cloud.create();
    const { Reservations = [] } = await cloud.ec2.describeInstances({});
    const ours = Reservations.flatMap(({ Instances = [] }) => Instances).find(
      ({ Tags, State }) => Tags?.some(({ Value }) => Value === id) && State?.Name === 'running',
    );
    const groups = (await cloud.remains(id)).filter((line) => line.startsWith('sg-'));
    const resources = [ours?.InstanceId ?? '', ...groups];
    const tag = (Key: string, Value: string) =>
      cloud.ec2.createTags({ Resources: resources, Tags: [{ Key, Value }] });
    await cloud.ec2.deleteKeyPair({ KeyName: `shakedown-${id}` });
    await tag('shakedown:owner', 'someone@else 00000000');
    const home = emptyHome();
    expect(await cloud.provider(environment(), home).list(cloud.context())).toEqual([]);
    await tag('shakedown:expires', new Date(Date.now() - 1000).toISOString());
    expect(await cloud.provider(environment(), home).list(cloud.context())).toMatchObject([
      { id, ownerAlive: false, kept: false },
    ]);
  });

  test('and was kept is listed as kept, also with its state lost', async () => {
    const { id } = await cloud.create();
    await cloud.provider().keep({ id });
    expect(await cloud.provider().list(cloud.context())).toMatchObject([{ id, kept: true }]);
    rmSync(join(cloud.home, id), { recursive: true });
    expect(await cloud.provider().list(cloud.context())).toMatchObject([{ id, kept: true }]);
  });

  test('is found in every region where this main host made something, though the environment names none', async () => {
    const home = emptyHome();
    const regions = [region, 'us-east-1'];
    const made = await Promise.all(regions.map((each) => cloud.create({ region: each }, { home })));
    const ids = made.map(({ id }) => id);
    // The states of the clusters are lost, where they were is not.
    for (const id of ids) rmSync(join(home, id), { recursive: true });
    const reaper = cloud.provider(credentials, home);
    const found = await reaper.list(cloud.context());
    expect(found.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    expect(found.map(({ state }) => state)).toEqual(
      expect.arrayContaining(regions.map((each) => ({ region: each, endpoint: cloud.proxy.url }))),
    );
    for (const cluster of found) await reaper.destroy(cluster, cloud.context());
    expect(await reaper.list(cloud.context())).toEqual([]);
    // Nobody need look there again.
    expect(readdirSync(join(home, 'places'))).toEqual([]);
  });

  test('in a cloud that is gone is told as that, with what would have it forgotten', async () => {
    const home = emptyHome();
    const gone = cloud.provider(credentials, home, { patience: { call: 2000 } });
    const owner = { pid: 1 };
    const away = { region, endpoint: 'http://127.0.0.1:9' };
    await new Ec2States(home).write({ id: 'abc123', owner, cloud: away, stage: 'made' });
    const [file = ''] = readdirSync(join(home, 'places'));
    await expect(gone.list(cloud.context())).rejects.toMatchObject({
      details: { hint: expect.stringContaining(`rm -r ${join(home, 'places', file)}`) },
    });
    await expect(gone.destroy({ id: 'abc123' }, cloud.context())).rejects.toMatchObject({
      details: { hint: expect.stringContaining(`rm -r ${join(home, 'abc123')}`) },
    });
  });

  test('is destroyed twice without harm, and its cloud is forgotten with the last cluster there', async () => {
    const { id } = await cloud.create();
    expect(readdirSync(join(cloud.home, 'places'))).toHaveLength(1);
    await destroy(id);
    await destroy(id);
    expect(readdirSync(join(cloud.home, 'places'))).toEqual([]);
    expect(existsSync(join(cloud.home, id))).toBe(false);
  });
});
