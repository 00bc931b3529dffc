import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { ec2, seconds, settingsOf, userOf } from '../../../../main/providers/ec2/ec2-options.ts';
import { Ec2Provider } from '../../../../main/providers/ec2/ec2-provider.ts';
import { kinds } from '../../../../main/providers/kinds.ts';
import { runContext } from '../../../fakes/run-context.ts';

describe('options', () => {
  test('ec2({ count: 3 }) is plain data', () =>
    expect(ec2({ count: 3 })).toEqual({ provider: 'ec2', options: { count: 3 } }));

  test('ask for machines as those of every kind do', () => {
    expect(kinds.ec2?.wanted({ nodes: [{ name: 'db', role: 'primary' }, {}] })).toMatchObject([
      { name: 'db', role: 'primary' },
      {},
    ]);
    expect(kinds.ec2?.makes).toBe(true);
  });

  test('have defaults that cost little and end by themselves', () =>
    expect(settingsOf({ count: 1 })).toMatchObject({
      os: 'bookworm',
      type: 't3.small',
      spot: false,
      expiresAfter: '4h',
    }));

  test.each([
    { region: 'eu-central-1', count: 2, spot: true },
    { count: 1, spot: { maxPrice: 0.01 }, expiresAfter: 3600 },
    { count: 1, image: 'debian-13-*', imageOwner: '136693071363', type: 'c7g.large' },
    { count: 1, subnet: ['subnet-0a1b2c3d', 'subnet-0a1b2c3d4e5f60718'], securityGroup: 'sg-0a1b2c3d' },
    { count: 1, endpoint: 'https://ec2.cloud.example', allowFrom: ['203.0.113.0/24'], addresses: 'private' },
    { count: 1, user: 'admin', pricePerHour: 0.0208, profile: 'work', memory: '1G', disk: '20G' },
  ])('%j is taken', (options) => expect(settingsOf(options)).toMatchObject(options));

  test.each([
    [{}, 'either count or nodes'],
    [{ count: 1, region: 'Frankfurt!' }, 'ec2: region: expected a region'],
    [{ count: 1, endpoint: 'ftp://x' }, 'ec2: endpoint: expected an http or https URL'],
    [{ count: 1, type: 'big' }, 'ec2: type: expected an instance type'],
    [{ count: 1, subnet: 'default' }, 'subnet-0a1b2c3d'],
    [{ count: 1, securityGroup: 'web' }, 'sg-0a1b2c3d'],
    [{ count: 1, allowFrom: ['0.0.0.0'] }, 'expected a network'],
    [{ count: 1, expiresAfter: 'never' }, 'expected seconds, or such as 90m'],
    [{ count: 1, expiresAfter: '1m' }, 'expected 5m to 30d'],
    [{ count: 1, expiresAfter: '31d' }, 'expected 5m to 30d'],
    [{ count: 1, user: 'Mr Smith' }, 'expected the name of a user'],
    [{ count: 1, spot: { maxPrice: 0 } }, 'spot'],
    [{ count: 1, instanceType: 't3.small' }, 'instanceType'],
  ])('%j is refused as the user’s mistake', (options, message) => {
    expect(() => settingsOf(options)).toThrow(UsageError);
    expect(() => settingsOf(options)).toThrow(message);
  });

  test('lengths of time are seconds, or have a unit', () =>
    expect([600, '600s', '90m', '4h', '2d'].map(seconds)).toEqual([600, 600, 5400, 14_400, 172_800]));

  test('the user is the run’s, else the config’s, else root', () => {
    expect(userOf({ user: 'joe' }, { user: 'admin' })).toBe('joe');
    expect(userOf({}, { user: 'admin' })).toBe('admin');
    expect(userOf({}, {})).toBe('root');
  });
});

describe('the provider', () => {
  const provider = new Ec2Provider({ env: {}, home: '/nonexistent' });
  const machines = [{ id: 0, name: 'n0' }];
  const ctx = runContext({ cacheDir: '/nonexistent' });

  test('previews machines at addresses that are nobody’s', async () =>
    expect(
      await provider.preview({ machines, options: { count: 1, user: 'admin' }, login: {} }),
    ).toMatchObject([{ id: 0, name: 'n0', address: '203.0.113.1', ssh: { user: 'admin', port: 22 } }]));

  test('takes only six hex digits for the id of a cluster', async () => {
    await expect(provider.destroy({ id: '../../etc' }, ctx)).rejects.toBeInstanceOf(UsageError);
    await expect(provider.keep({ id: 'abc12' })).rejects.toBeInstanceOf(UsageError);
  });

  test('needs a region, and says how to name one', async () => {
    const spec = {
      cluster: 'abc123',
      machines,
      options: { count: 1, profile: 'no-such-profile' },
      login: { publicKey: 'ssh-ed25519 AAAA' },
      shares: [],
    };
    await expect(provider.create(spec, ctx)).rejects.toThrow(/which region\? .*AWS_REGION/);
  });

  test('asks nobody anything where nothing was made and no region is named', async () => {
    expect(await provider.list(ctx)).toEqual([]);
    await provider.destroy({ id: 'abc123' }, ctx);
  });
});
