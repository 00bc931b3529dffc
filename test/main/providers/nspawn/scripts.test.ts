import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { createScript } from '../../../../main/providers/nspawn/create-script.ts';
import { destroyScript } from '../../../../main/providers/nspawn/destroy-script.ts';
import { hostKeyPair, machineId, subnetCandidates } from '../../../../main/providers/nspawn/identity.ts';
import { clusterNames, nodeNames } from '../../../../main/providers/nspawn/names.ts';
import { bytes, nspawn } from '../../../../main/providers/nspawn/nspawn-options.ts';
import { NspawnProvider } from '../../../../main/providers/nspawn/nspawn-provider.ts';
import { quote } from '../../../../main/providers/nspawn/root-script.ts';

const plan = {
  cluster: 'abc123',
  tree: '/cache/a tree',
  state: '{"id":"abc123"}',
  subnets: ['10.1.2', '10.1.3'],
  containers: [{ id: 0, name: 'n0', machineId: machineId(), ...hostKeyPair(), memory: 1024, cpus: 0.5 }],
  user: 'joe',
  publicKey: 'ssh-ed25519 AAAA it’s mine',
  resolvConf: 'nameserver 10.0.0.1\n',
  shares: [{ source: '/a b', target: '/c' }],
};

describe('the names of a cluster', () => {
  test('all hold its id, and interface names fit into the kernel’s 15 characters', () => {
    expect(Object.values(clusterNames('abc123')).every((name) => name.includes('abc123'))).toBe(true);
    expect(nodeNames('abc123', 199).link.length).toBeLessThanOrEqual(15);
  });
});

describe('the scripts', () => {
  test.each([
    ['create', createScript(plan)],
    ['destroy', destroyScript('abc123')],
  ])('%s is what bash takes for a script', (_name, script) => {
    expect(execaSync('bash', ['-n'], { input: script, reject: false }).stderr).toBe('');
  });

  test('quote whatever they are given', () => {
    for (const word of ["it's", 'a b', '$(reboot)', '`x`', 'new\nline', '"']) {
      expect(execaSync('bash', ['-c', `printf %s ${quote(word)}`]).stdout).toBe(word);
    }
    expect(createScript(plan)).toContain("--bind-ro='/a b:/c'");
  });

  test('set the limits that were asked for, and none else', () => {
    expect(createScript(plan)).toMatch(/'1024' > \$d\/memory\.max/);
    expect(createScript(plan)).toMatch(/'50000' > \$d\/cpu\.cfs_quota_us/);
    expect(createScript(plan)).not.toContain('pids.max');
  });
});

describe('subnets', () => {
  test('are /24, below 10, and not podman’s', async () => {
    const candidates = await subnetCandidates('abc123');
    expect(candidates.length).toBeGreaterThan(10);
    for (const net of candidates) expect(net).toMatch(/^10\.1\d\d\.\d+$/);
    expect(await subnetCandidates('abc124')).not.toEqual(candidates);
  });
});

describe('options', () => {
  const provider = new NspawnProvider();
  const preview = (options: unknown) =>
    provider.preview({ machines: [{ id: 0, name: 'n0' }], options, login: {} });

  test('nspawn({ count: 3 }) is plain data', () =>
    expect(nspawn({ count: 3 })).toEqual({ provider: 'nspawn', options: { count: 3 } }));

  test.each([
    {},
    { count: 0 },
    { count: 201 },
    { count: 1, nodes: [{}] },
    { count: 1, memory: 'lots' },
    { cuont: 1 },
  ])('%j is refused as the user’s mistake', async (options) =>
    expect(preview(options)).rejects.toBeInstanceOf(UsageError),
  );

  test('preview gives an address without making anything', async () =>
    expect(await preview({ count: 1 })).toMatchObject([{ id: 0, address: expect.stringMatching(/^10\./) }]));

  test('sizes are bytes or have a unit', () => {
    expect([bytes(5), bytes('5'), bytes('1K'), bytes('1.5M'), bytes('2GiB')]).toEqual([
      5, 5, 1024, 1572864, 2147483648,
    ]);
  });

  test('only six hex digits are the id of a cluster', async () => {
    const ctx = { signal: new AbortController().signal };
    await expect(provider.destroy({ id: '../../etc' }, ctx)).rejects.toBeInstanceOf(UsageError);
  });
});
