import { describe, expect, test } from 'vitest';
import { sideBySide } from '../../../../../common/side-by-side.ts';
import { ZoneOrder } from '../../../../../main/providers/ec2/instances/launch.ts';
import { runRequest } from '../../../../../main/providers/ec2/instances/run-request.ts';

const zone = (name: string) => ({ name, subnet: `subnet-${name}`, vpc: 'vpc-1', cidr: '172.31.0.0/20' });
const [a, b, c] = [zone('a'), zone('b'), zone('c')];
const plan = {
  cluster: 'abc123',
  node: 0,
  name: 'db1',
  image: 'ami-1',
  type: 't3.small',
  keyName: 'shakedown-abc123',
  group: 'sg-1',
  tags: [{ Key: 'shakedown', Value: 'abc123' }],
  userData: '#cloud-config\n',
  hostKey: 'ssh-ed25519 AAAA',
  spot: false,
  disk: undefined,
  publicAddress: undefined,
};
const first = { market: 'on demand', round: 0 } as const;

describe('the request for an instance', () => {
  test('asks for one that terminates when it shuts down, tagged from the moment it exists', () => {
    const request = runRequest(plan, a, first);
    expect(request).toMatchObject({
      MinCount: 1,
      MaxCount: 1,
      InstanceInitiatedShutdownBehavior: 'terminate',
      NetworkInterfaces: [{ SubnetId: 'subnet-a', Groups: ['sg-1'], DeleteOnTermination: true }],
    });
    for (const { Tags } of request.TagSpecifications ?? []) {
      expect(Tags).toContainEqual({ Key: 'shakedown', Value: 'abc123' });
      expect(Tags).toContainEqual({ Key: 'Name', Value: 'shakedown-abc123-db1' });
    }
    expect(request.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toEqual([
      'instance',
      'volume',
      'network-interface',
    ]);
  });

  test('has the same token when it is repeated, and another wherever it differs', () => {
    const token = (...args: Parameters<typeof runRequest>) => runRequest(...args).ClientToken ?? '';
    const one = token(plan, a, first);
    expect(token({ ...plan }, a, first)).toBe(one);
    expect(one.length).toBeLessThanOrEqual(64);
    const others = [
      token({ ...plan, node: 1 }, a, first),
      token({ ...plan, cluster: 'abc124' }, a, first),
      token(plan, b, first),
      token({ ...plan, spot: true }, a, { market: 'spot', round: 0 }),
      token(plan, a, { market: 'on demand', round: 1 }),
    ];
    expect(new Set([one, ...others]).size).toBe(6);
  });

  test('on the spot market is for once, with a price if one is named, and its request is tagged too', () => {
    const request = runRequest({ ...plan, spot: { maxPrice: 0.01 } }, a, { market: 'spot', round: 0 });
    expect(request.InstanceMarketOptions).toMatchObject({
      MarketType: 'spot',
      SpotOptions: {
        SpotInstanceType: 'one-time',
        MaxPrice: '0.01',
        InstanceInterruptionBehavior: 'terminate',
      },
    });
    expect(request.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toContain(
      'spot-instances-request',
    );
  });

  test('has a root disk of its own size only if that is wanted', () => {
    expect(runRequest(plan, a, first)).not.toHaveProperty('BlockDeviceMappings');
    expect(runRequest({ ...plan, disk: { device: '/dev/xvda', size: 20 } }, a, first)).toMatchObject({
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, DeleteOnTermination: true } }],
    });
  });
});

test('a zone without capacity comes last, for all nodes', () => {
  const order = new ZoneOrder([a, b, c]);
  order.exhausted(a);
  order.exhausted(b);
  expect(order.zones).toEqual([c, a, b]);
});

describe('side by side', () => {
  const { signal } = new AbortController();
  test('gives results in order, a few at a time', async () => {
    let now = 0;
    let most = 0;
    const act = async (item: number) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, item));
      now--;
      return item * 2;
    };
    expect(await sideBySide([5, 1, 3, 2], 2, signal, act)).toEqual([10, 2, 6, 4]);
    expect(most).toBe(2);
  });

  test('a failure begins nothing more, aborts what is under way, and is thrown when that has ended', async () => {
    const begun: number[] = [];
    let ended = false;
    const act = async (item: number, either: AbortSignal) => {
      begun.push(item);
      if (item === 1) throw new Error('no');
      await new Promise((resolve) => either.addEventListener('abort', resolve));
      ended = true;
    };
    await expect(sideBySide([0, 1, 2], 2, signal, act)).rejects.toThrow('no');
    expect([begun, ended]).toEqual([[0, 1], true]);
  });
});
