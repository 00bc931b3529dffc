import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { isSshOnly } from '../../../../main/providers/provider.ts';
import { Leases } from '../../../../main/providers/ssh/leases.ts';
import { parseHost } from '../../../../main/providers/ssh/parse-host.ts';
import { resolveHost } from '../../../../main/providers/ssh/resolve-host.ts';
import { ssh } from '../../../../main/providers/ssh/ssh-options.ts';
import { SshProvider } from '../../../../main/providers/ssh/ssh-provider.ts';
import type { SshHost } from '../../../../main/providers/ssh/ssh-settings.ts';
import { sshTarget } from '../../../../main/providers/ssh/ssh-target.ts';
import { folder } from '../../remotes/fake-node.ts';

function preview(hosts: readonly SshHost[], config = '', login = {}) {
  const file = join(folder(), 'config');
  writeFileSync(file, config);
  const machines = hosts.map((_, id) => ({ id, name: `n${id}` }));
  return new SshProvider({ configFile: file }).preview({ machines, options: ssh(hosts).options, login });
}
const system = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const target = async (host: SshHost, config = '', login = {}) =>
  (await preview([host], config, login))[0]?.ssh;

describe('a host as it is written', () => {
  test.each([
    ['10.0.0.5', { address: '10.0.0.5' }],
    ['admin@db1', { user: 'admin', address: 'db1' }],
    ['admin@db1:2222', { user: 'admin', address: 'db1', port: 2222 }],
    ['root@[fd00::5]:2222', { user: 'root', address: 'fd00::5', port: 2222 }],
    ['fd00::5', { address: 'fd00::5' }],
  ])('%s', (written, parsed) => expect(parseHost(written)).toEqual(parsed));

  test.each([
    [[]],
    [['a', 'a']],
    [['a:99999']],
    [['two words']],
    [['a:0']],
    [['@a']],
    [['']],
    [['a:22', { address: 'a', port: 22 }]],
    [[{ address: 'a', prot: 1 }]],
  ])('%j is the user’s mistake', async (hosts) =>
    expect(preview(hosts as never)).rejects.toBeInstanceOf(UsageError),
  );
});

describe('how a machine is reached', () => {
  test('is port 22 and one’s own name, when nothing says otherwise', async () =>
    expect(await target('db1')).toEqual({ host: 'db1', port: 22, user: userInfo().username }));

  test('is what ~/.ssh/config says of it', async () => {
    const config = `Host db*
  User admin
Host db1
  HostName 10.0.0.5
  Port 2222
  IdentityFile /keys/a
  IdentityFile /keys/b
  HostKeyAlias database
  StrictHostKeyChecking accept-new
  UserKnownHostsFile /known
`;
    expect(await target('db1', config)).toEqual({
      host: '10.0.0.5',
      port: 2222,
      user: 'admin',
      identityFiles: ['/keys/a', '/keys/b'],
      hostKeyAlias: 'database',
      acceptNewHostKey: true,
      knownHostsFiles: ['/known', ...system],
    });
  });

  test('is what the scenario says before that, and what the flags say before both', async () => {
    const config = 'Host *\n  User config\n  Port 1\n';
    expect(await target('written@db1:2', config)).toMatchObject({ user: 'written', port: 2 });
    const login = { user: 'flag', keyFile: '/flag' };
    expect(await target({ address: 'db1', key: '/own' }, config, login)).toMatchObject({
      user: 'flag',
      keyFile: '/flag',
    });
  });

  test('goes over ProxyJump to its end', async () => {
    const config =
      'Host db1\n  ProxyJump me@gate:2200\nHost gate\n  ProxyJump outer\nHost outer\n  HostName 192.0.2.1\n';
    const jumps = (await target('db1', config))?.jumps;
    expect(jumps?.map(({ host, port }) => `${host}:${port}`)).toEqual(['192.0.2.1:22', 'gate:2200']);
    expect((await target('db1', 'Host db1\n  ProxyJump none\n'))?.jumps).toBeUndefined();
  });
});

describe('~/.ssh/config', () => {
  test('includes other files, and goes on after them where it was', async () => {
    const included = folder();
    writeFileSync(join(included, 'a.conf'), 'Host db1\n  HostName 10.0.0.5\n');
    const config = `Include ${included}/*.conf\nUser everybody\nHost db*\n  Include "${included}/none"\n  Port 2222\n`;
    expect(await target('db1', config)).toMatchObject({ host: '10.0.0.5', user: 'everybody', port: 2222 });
    expect(await target('web', config)).toMatchObject({ host: 'web', user: 'everybody', port: 22 });
  });

  test('that includes itself is the user’s mistake', async () => {
    const file = join(folder(), 'config');
    writeFileSync(file, `Include ${file}\n`);
    await expect(target('db1', `Include ${file}\n`)).rejects.toThrow(
      'Too many recursive configuration includes',
    );
  });

  test('may name key files by its tokens, and none', async () => {
    const config =
      'Host db1\n  HostName 10.0.0.5\n  IdentityFile /keys/%h-%r\n  IdentityFile none\n  User me\n';
    expect((await target('db1', config))?.identityFiles).toEqual(['/keys/10.0.0.5-me']);
  });

  test('several known_hosts files, and `accept-new` or `no` for unknown hosts', async () => {
    const config = 'Host *\n  UserKnownHostsFile /a /b\n  StrictHostKeyChecking no\n';
    expect(await target('db1', config)).toMatchObject({
      knownHostsFiles: ['/a', '/b', ...system],
      acceptNewHostKey: true,
    });
    expect((await target('db1', 'StrictHostKeyChecking yes\n'))?.acceptNewHostKey).toBeUndefined();
  });

  test('with a port that is none, or jumps in a circle, is the user’s mistake', async () => {
    await expect(target('db1', 'Port none\n')).rejects.toThrow(/config line 1: Bad number|Bad port 'none'/);
    const circle = target('db1', 'Host *\n  ProxyJump gate\n');
    await expect(circle).rejects.toThrow('jumphost loop via gate');
    await expect(circle).rejects.toMatchObject({ hint: expect.stringContaining('ProxyJump none') });
    const longer = target('db1', 'Host db1\n  ProxyJump gate\nHost gate\n  ProxyJump db1\n');
    await expect(longer).rejects.toThrow('goes round in a circle: db1 -> gate -> db1');
    await expect(circle).rejects.toBeInstanceOf(UsageError);
  });
});

describe('what OpenSSH makes of ~/.ssh/config', () => {
  test('is asked once of a machine, however often it is looked at', async () => {
    const [file, counted] = [join(folder(), 'config'), join(folder(), 'counted')];
    writeFileSync(file, `Match originalhost db1 exec "echo asked >> ${counted}"\n  HostName 10.0.0.5\n`);
    const provider = new SshProvider({ configFile: file });
    const wish = { machines: [{ id: 0, name: 'n0' }], options: ssh(['db1']).options, login: {} };
    provider.askAhead(wish);
    await Promise.all([provider.preview(wish), provider.preview(wish)]);
    expect((await provider.preview(wish))[0]?.address).toBe('10.0.0.5');
    expect(readFileSync(counted, 'utf8')).toBe('asked\n');
  });

  test('is followed for Match by a command, by the user and by the name as it was written', async () => {
    const config = `Match host db1 exec "test -e /etc/passwd"
  HostName 10.0.0.5
Match user admin
  Port 2201
Match originalhost db2
  HostName 10.0.0.6
Match exec "exit 1"
  User nobody
Match host 10.0.0.6
  Port 2202
`;
    expect(await target('db1', config)).toMatchObject({ host: '10.0.0.5', port: 22 });
    expect(await target('admin@db1', config)).toMatchObject({ host: '10.0.0.5', port: 2201, user: 'admin' });
    expect(await target('db1', config, { user: 'admin' })).toMatchObject({ port: 2201, user: 'admin' });
    expect(await target('db2', config)).toMatchObject({ host: '10.0.0.6', port: 2202 });
  });

  test('says which keys to try and which agent to ask', async () => {
    const config = `Host db1
  IdentityFile /keys/a
  IdentitiesOnly yes
  IdentityAgent /run/agent.%r
Host db2
  IdentityAgent none
  CertificateFile /keys/b-cert.pub
`;
    expect(await target('db1', config, { user: 'me' })).toMatchObject({
      identityFiles: ['/keys/a'],
      identitiesOnly: true,
      identityAgent: '/run/agent.me',
    });
    const other = await target('db2', config);
    expect(other).toMatchObject({ identityAgent: 'none', certificateFiles: ['/keys/b-cert.pub'] });
    expect(other).not.toHaveProperty('identitiesOnly');
    expect(other).not.toHaveProperty('identityFiles');
  });

  test('is a ProxyCommand with its tokens filled in; a jump host that is named for the machine wins', async () => {
    const config = 'Host db1\n  HostName 10.0.0.5\n  ProxyCommand through "%h" %p %r %n %%x\n';
    expect(await target('me@db1:2222', config)).toMatchObject({
      host: '10.0.0.5',
      proxyCommand: 'through "10.0.0.5" 2222 me db1 %x',
    });
    const [machine] = await preview(['db1'], config);
    expect(machine && isSshOnly(machine)).toBe(true);
    expect(await target('db1', 'ProxyCommand none\n')).not.toHaveProperty('proxyCommand');
    const query = { address: 'db1', sshArguments: ['-J', 'gate'] };
    const file = join(folder(), 'config');
    writeFileSync(file, 'ProxyCommand through %h\n');
    const jumping = await sshTarget(query, {}, (asked) => resolveHost(asked, file));
    expect(jumping).not.toHaveProperty('proxyCommand');
    expect(jumping.jumps).toMatchObject([{ host: 'gate', proxyCommand: 'through gate' }]);
  });

  test('is its own complaint, with file and line, where it takes none of it', async () => {
    const failing = target('db1', 'Host *\n  IdentitesOnly yes\n');
    await expect(failing).rejects.toThrow(
      /ssh cannot tell how db1 is reached: .*line 2: Bad configuration option/,
    );
    await expect(failing).rejects.toBeInstanceOf(UsageError);
  });
});

describe('machines that are named', () => {
  const context = { signal: new AbortController().signal, log: () => undefined };
  const named = (cluster: string) => ({
    cluster,
    machines: [{ id: 0, name: 'n0' }],
    options: { hosts: ['127.0.0.1'] },
    login: {},
    shares: [],
  });

  test('are borrowed, and marked as taken until they are destroyed, by the id alone', async () => {
    const leases = new Leases(join(folder(), 'leases'));
    const provider = new SshProvider({ configFile: '/no/config', leases });
    const cluster = await provider.create(named('abc123'), context);
    expect(cluster).toMatchObject({ borrowed: true, machines: [{ address: '127.0.0.1' }] });
    expect(await provider.list()).toEqual([{ id: 'abc123', ownerAlive: true, kept: false, borrowed: true }]);
    await provider.keep(cluster);
    expect(await provider.list()).toEqual([{ id: 'abc123', ownerAlive: true, kept: true, borrowed: true }]);
    await new SshProvider({ leases }).destroy({ id: 'abc123' });
    expect(await provider.list()).toEqual([]);
  });

  test('are not the same machine under two names', async () => {
    const leases = new Leases(join(folder(), 'leases'));
    const machines = ['n0', 'n1'].map((name, id) => ({ id, name }));
    const spec = { ...named('abc123'), machines, options: { hosts: ['localhost', '127.0.0.1'] } };
    await expect(new SshProvider({ configFile: '/no/config', leases }).create(spec, context)).rejects.toThrow(
      'n0 and n1 are the same machine, 127.0.0.1:22',
    );
  });

  test('are borrowed even if another has them, or no lease can be taken: the log says so', async () => {
    const lines: string[] = [];
    const ctx = { ...context, log: (line: string) => void lines.push(line) };
    const leases = new Leases(join(folder(), 'leases'));
    await new SshProvider({ leases }).create(named('abc123'), ctx);
    await new SshProvider({ leases }).create(named('def456'), ctx);
    const inUse = `127.0.0.1:22 is in use by process ${process.pid} in ${process.cwd()}`;
    await expect.poll(() => lines.join('\n'), { timeout: 20_000 }).toContain(inUse);
    await new SshProvider({ leases }).keep({ id: 'abc123' });
    await new SshProvider({ leases }).create(named('fed123'), ctx);
    const kept = /127.0.0.1:22 is kept in .* since .* UTC, and what runs there ends now$/;
    await expect.poll(() => lines.at(-1), { timeout: 20_000 }).toMatch(kept);
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await new SshProvider({ leases: new Leases(file) }).create(named('012345'), ctx);
    await expect.poll(() => lines.at(-1), { timeout: 20_000 }).toContain(`${file} is no folder`);
  });
});
