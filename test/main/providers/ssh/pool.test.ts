import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { Leases } from '../../../../main/providers/ssh/leases.ts';
import { type SshOptions, ssh } from '../../../../main/providers/ssh/ssh-options.ts';
import { SshProvider } from '../../../../main/providers/ssh/ssh-provider.ts';
import { folder, node } from '../../remotes/fake-node.ts';

/** Runs that share one pool, whose machines answer but for those that are `down`. */
function runs(options: SshOptions, down: readonly string[] = []) {
  const leases = join(folder(), 'leases');
  const tried: string[] = [];
  const lines: string[] = [];
  const { count = 0 } = options;
  const roles =
    typeof count === 'number'
      ? Array.from({ length: count }, () => ({}))
      : Object.entries(count).flatMap(([role, many]) => Array.from({ length: many }, () => ({ role })));
  const provider = new SshProvider({
    configFile: '/no/config',
    leases: new Leases(leases),
    healthy: async ({ host }) => {
      tried.push(host);
      if (down.includes(host)) throw new Error('no ssh answer');
    },
  });
  return {
    ...{ leases, provider, tried, lines },
    take: async (cluster: string) => {
      const machines = roles.map((role, id) => ({ id, name: `node${id}`, ...role }));
      const spec = { cluster, machines, options: ssh(options).options, login: {}, shares: [] };
      const ctx = { signal: new AbortController().signal, log: (line: string) => void lines.push(line) };
      const made = await provider.create(spec, ctx);
      return made.machines.map(({ address }) => address);
    },
  };
}

/** A process that takes half of the machines, and stays. */
function takerOf(leases: string, cluster: string, machines: readonly string[]) {
  const script = `
    import { Leases } from '${import.meta.dirname}/../../../../main/providers/ssh/leases.ts';
    const [folder, cluster, count, ...machines] = process.argv.slice(1);
    const taken = await new Leases(folder).take(cluster, machines, Number(count));
    console.log(JSON.stringify(taken));
    setInterval(() => 0, 1000);`;
  const count = String(Math.ceil(machines.length / 2));
  const args = ['--input-type=module', '-e', script, leases, cluster, count, ...machines];
  return execa(process.execPath, args, { reject: false });
}

/** The same, once it has them. */
async function otherProcess(leases: string, cluster: string, machines: readonly string[]) {
  const running = takerOf(leases, cluster, machines);
  const [line = '[]'] = await new Promise<string[]>((resolve) =>
    running.stdout.once('data', (chunk) => resolve(String(chunk).split('\n'))),
  );
  const kill = async () => {
    running.kill('SIGKILL');
    await running;
  };
  return { taken: JSON.parse(line) as number[], pid: running.pid, kill };
}

describe('a pool', () => {
  test('gives each run machines that no other has, and takes them back', async () => {
    const { take, provider } = runs({ pool: ['10.0.0.[1-5]'], count: 2 });
    expect(await take('aaaaaa')).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(await take('bbbbbb')).toEqual(['10.0.0.3', '10.0.0.4']);
    await provider.destroy({ id: 'aaaaaa' });
    await provider.destroy({ id: 'aaaaaa' });
    expect(await take('cccccc')).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test('says who has the machines when too few are left, and what to do', async () => {
    const { take, provider } = runs({ pool: ['10.0.0.[1-3]'], count: 2 }, ['10.0.0.3']);
    await take('aaaaaa');
    await provider.keep({ id: 'aaaaaa' });
    await expect(take('bbbbbb')).rejects.toMatchObject({
      details: {
        message: '2 machines of the pool are wanted, and only 0 of its 3 can be had.',
        lastLines: [
          expect.stringMatching(/^10\.0\.0\.1: kept in .* since \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
          expect.stringMatching(/^10\.0\.0\.2: kept in /),
          '10.0.0.3: no ssh answer',
        ],
        hint: expect.stringContaining('shakedown down'),
      },
    });
  });

  test('sets aside a machine that does not answer, and takes the next one; later runs try it last', async () => {
    const { take, tried, lines, provider } = runs({ pool: ['10.0.0.[1-4]'], count: 2 }, ['10.0.0.1']);
    expect(await take('aaaaaa')).toEqual(['10.0.0.3', '10.0.0.2']);
    expect(lines).toEqual(['set aside, another machine of the pool is taken: 10.0.0.1: no ssh answer']);
    await provider.destroy({ id: 'aaaaaa' });
    tried.length = 0;
    expect(await take('bbbbbb')).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(tried).not.toContain('10.0.0.1');
  });

  test('gives back what it took when too few answer', async () => {
    const { take, provider } = runs({ pool: ['10.0.0.[1-2]'], count: 2 }, ['10.0.0.2']);
    await expect(take('aaaaaa')).rejects.toThrow('only 1 of its 2 can be had');
    await provider.destroy({ id: 'aaaaaa' });
    expect(await provider.list()).toEqual([]);
  });

  test('gives so many of each role', async () => {
    const pool = [
      { address: '10.0.1.[1-3]', role: 'db' },
      { address: '10.0.2.[1-3]', role: 'web' },
    ];
    const { take } = runs({ pool, count: { web: 1, db: 2 } }, ['10.0.1.1']);
    expect(await take('aaaaaa')).toEqual(['10.0.2.1', '10.0.1.3', '10.0.1.2']);
  });

  test('may be an inventory', async () => {
    const inventory = join(folder(), 'hosts.ini');
    writeFileSync(
      inventory,
      '[db]\nd[1:3] ansible_host=10.9.9.1 ansible_port=1\nd2 ansible_port=2\nd3 ansible_port=3\n',
    );
    const { take } = runs({ inventory, group: 'db', count: 2 });
    expect(await take('aaaaaa')).toEqual(['10.9.9.1', '10.9.9.1']);
  });

  test('knows a machine by its address, whatever its name', async () => {
    const { take } = runs({ pool: ['localhost', '127.0.0.1'], count: 1 });
    await take('aaaaaa');
    await expect(take('bbbbbb')).rejects.toThrow('only 0 of its 2');
    await expect(runs({ pool: ['localhost', '127.0.0.1'], count: 2 }).take('cccccc')).rejects.toThrow(
      'only 1 of its 2',
    );
  });

  test.each<[SshOptions, string]>([
    [{ pool: ['a'] }, 'expected how many machines of the pool to take'],
    [{ pool: ['a'], count: 2 }, '2 of 1 machines cannot be taken'],
    [{ pool: ['a'], count: { db: 1 } }, "1 of 0 machines with the role 'db' cannot be taken"],
    [{ pool: ['a'], hosts: ['b'] }, 'expected one of: hosts, inventory, pool'],
    [{ hosts: ['a'], count: 1 }, 'hosts are all taken'],
    [{ pool: ['a'], count: 1, group: 'db' }, 'goes with inventory'],
    [{ inventory: '/no/hosts' }, 'there is no file /no/hosts'],
    [{ pool: ['a[1-'], count: 1 }, "has a '[' without its ']'"],
  ])('%j is the user’s mistake', async (options, message) => {
    const preview = new SshProvider().preview({ machines: [], options, login: {} });
    await expect(preview).rejects.toBeInstanceOf(UsageError);
    await expect(preview).rejects.toThrow(message);
  });
});

describe('leases', () => {
  test('of other processes count while these live; a dead one’s machine is free', async () => {
    const { take, leases, provider } = runs({ pool: ['127.0.0.1:[1-3]'], count: 2 });
    const other = await otherProcess(leases, 'ffffff', ['127.0.0.1:1', '127.0.0.1:2']);
    expect(other.taken).toEqual([0]);
    await expect(take('aaaaaa')).resolves.toHaveLength(2);
    await expect(take('bbbbbb')).rejects.toThrow('only 0 of its 3');
    await provider.destroy({ id: 'aaaaaa' });
    await provider.destroy({ id: 'bbbbbb' });
    await other.kill();
    expect(await provider.list()).toEqual([{ id: 'ffffff', ownerAlive: false, kept: false, borrowed: true }]);
    expect(await take('cccccc')).toHaveLength(2);
  });

  test('that many processes take at once are each one’s own', async () => {
    const leases = join(folder(), 'leases');
    const machines = Array.from({ length: 8 }, (_, index) => `m${index}`);
    const others = await Promise.all(
      ['aaaaaa', 'bbbbbb', 'cccccc'].map((cluster) => otherProcess(leases, cluster, machines)),
    );
    const taken = others.flatMap((other) => other.taken);
    expect(taken.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await Promise.all(others.map((other) => other.kill()));
  });

  test('of a process that is killed at any moment are given back by the id of its cluster', async () => {
    const leases = join(folder(), 'leases');
    const machines = Array.from({ length: 40 }, (_, index) => `m${index}`);
    for (let round = 0; round < 4; round++) {
      const maker = takerOf(leases, 'ffffff', machines);
      await vi.waitFor(
        () => expect(existsSync(leases) ? readdirSync(leases).length : 0).toBeGreaterThan(round),
        {
          interval: 1,
        },
      );
      maker.kill('SIGKILL');
      await maker;
      const provider = new SshProvider({ leases: new Leases(leases) });
      await provider.destroy({ id: 'ffffff' });
      expect(await provider.list()).toEqual([]);
      expect(await new Leases(leases).take('aaaaaa', machines, 40)).toHaveLength(40);
      await provider.destroy({ id: 'aaaaaa' });
      expect(readdirSync(leases)).toEqual([]);
    }
  });

  test('outlive their process only if they are kept', async () => {
    const { leases, provider } = runs({ pool: ['10.0.0.1'], count: 1 });
    const other = await otherProcess(leases, 'ffffff', ['m1']);
    await provider.keep({ id: 'ffffff' });
    await other.kill();
    expect(await provider.list()).toEqual([{ id: 'ffffff', ownerAlive: false, kept: true, borrowed: true }]);
    expect(await new Leases(leases).take('aaaaaa', ['m1'], 1)).toEqual([]);
    await new SshProvider({ leases: new Leases(leases) }).destroy({ id: 'ffffff' });
    expect(readdirSync(leases)).toEqual([]);
  });

  test.each(['{', '5', '{"machine":"m1","lease":{"kept":true}}'])(
    'a damaged file counts for nothing: %s',
    async (text) => {
      const leases = join(folder(), 'leases');
      await new Leases(leases).take('aaaaaa', ['m1'], 1);
      const [file = ''] = readdirSync(leases);
      writeFileSync(join(leases, file), text);
      expect(await new Leases(leases).take('bbbbbb', ['m1'], 1)).toEqual([0]);
    },
  );
});

test('a machine answers when it lets us in and runs a command', async () => {
  const { target } = await node();
  const [configFile, known] = [join(folder(), 'config'), join(folder(), 'known_hosts')];
  writeFileSync(known, `[127.0.0.1]:${target.port} ${target.hostKey}\n`);
  writeFileSync(configFile, `User root\nIdentityFile ${target.keyFile}\nUserKnownHostsFile ${known}\n`);
  const provider = new SshProvider({ configFile, leases: new Leases(join(folder(), 'leases')) });
  const machines = [{ id: 0, name: 'node0' }];
  const options = { pool: [`127.0.0.1:${target.port}`], count: 1 };
  const spec = { machines, options, shares: [] };
  const lines: string[] = [];
  const ctx = { signal: new AbortController().signal, log: (line: string) => void lines.push(line) };
  const made = await provider.create({ ...spec, cluster: 'aaaaaa', login: {} }, ctx);
  expect(made.machines[0]?.ssh.port).toBe(target.port);
  await provider.destroy(made);
  const refused = provider.create({ ...spec, cluster: 'bbbbbb', login: { keyFile: '/no/key' } }, ctx);
  await expect(refused).rejects.toMatchObject({
    details: { lastLines: [expect.stringContaining('the key /no/key cannot be read')] },
  });
});
