import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseHost } from '../../../../main/providers/ssh/parse-host.ts';
import { resolveHost } from '../../../../main/providers/ssh/resolve-host.ts';
import { sshTarget } from '../../../../main/providers/ssh/ssh-target.ts';
import { connectSsh } from '../../../../main/remotes/ssh-remote.ts';
import { newKeyFile, type RealSshd, realSshd } from '../../../fakes/real-sshd.ts';

/**
 * Each option of ssh_config(5) that has a say in how a host is reached, by OpenSSH and by us, at OpenSSH's
 * own server: the same comes of it, or the option is told with its file and line.
 */
const base = mkdtempSync(join(tmpdir(), 'sd-ssh-'));
const at = (name: string) => join(base, name);
const user = userInfo().username;
const printed = 'echo "hi $SD_ONE $SD_TWO $SSH_CONNECTION" | cut -d" " -f1-4';
let sshd: RealSshd;
let old: RealSshd;
let strict: RealSshd;

const publicKey = (name: string) => readFileSync(at(`${name}.pub`), 'utf8').trim();
const hostKey = (type: string) => `${readFileSync(at(`host_${type}.pub`), 'utf8').trim()}`;
const knownAs = (name: string, ...lines: readonly string[]) => {
  writeFileSync(at(name), `${lines.join('\n')}\n`);
  return at(name);
};

beforeAll(async () => {
  for (const name of ['key', 'wrong', 'ca', 'certified', ...Array.from({ length: 8 }, (_, n) => `many${n}`)])
    newKeyFile(at(name));
  newKeyFile(at('rsa'), 'rsa');
  execFileSync('ssh-keygen', ['-q', '-s', at('ca'), '-I', 'us', '-n', user, at('certified.pub')]);
  const authority = `cert-authority ${publicKey('ca')}`;
  writeFileSync(at('authorized_keys'), [publicKey('key'), publicKey('rsa'), authority, ''].join('\n'));
  const accept = 'AcceptEnv SD_* LANG';
  sshd = await realSshd(base, [accept, 'MaxAuthTries 3']);
  old = await realSshd(base, [
    accept,
    'KexAlgorithms diffie-hellman-group14-sha1',
    'Ciphers aes128-cbc',
    'MACs hmac-sha1',
  ]);
  strict = await realSshd(base, ['MACs umac-64@openssh.com', 'Ciphers aes128-ctr']);
  const both = ['ed25519', 'ecdsa'].map(hostKey);
  knownAs(
    'known',
    ...[sshd, old, strict].flatMap(({ port }) => both.map((key) => `[127.0.0.1]:${port} ${key}`)),
  );
  knownAs('known by alias', ...both.map((key) => `db1.alias ${key}`));
  knownAs('changed', `[127.0.0.1]:${sshd.port} ${publicKey('wrong')}`);
  knownAs('only ecdsa', `[127.0.0.1]:${sshd.port} ${hostKey('ecdsa')}`);
  knownAs('revoked', hostKey('ed25519'));
  execFileSync('ssh-keygen', ['-q', '-k', '-f', at('revoked.krl'), at('host_ed25519.pub')]);
  writeFileSync(at(`db1-${user}`), readFileSync(at('key')), { mode: 0o600 });
  writeFileSync(
    at('relay.mjs'),
    "import { connect } from 'node:net';\nconst [host, port] = process.argv.slice(2);\nconst socket = connect(Number(port), host);\nprocess.stdin.pipe(socket).pipe(process.stdout);\n",
  );
  vi.stubEnv('SD_KEYS', base);
  vi.stubEnv('SD_TWO', 'two');
  vi.stubEnv('LANG', 'xx_XX');
  vi.stubEnv('SSH_AUTH_SOCK', undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const server of [sshd, old, strict]) await server?.[Symbol.asyncDispose]();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => void rmSync(at('new'), { force: true }));

/** What both make of a configuration: what a command printed, or why there was none. */
async function both(config: string) {
  const file = at('config');
  writeFileSync(file, config);
  const [ssh, own] = await Promise.all([
    execa('ssh', ['-F', file, '-o', 'BatchMode=yes', 'db1', printed], { stdin: 'ignore', reject: false }),
    ours(file, 'db1'),
  ]);
  return { ssh: ssh.exitCode === 0 ? ssh.stdout.trim() : undefined, ours: own, told: ssh.stderr };
}

async function ours(file: string, host: string): Promise<string | Error> {
  try {
    const target = await sshTarget(parseHost(host), {}, (query) => resolveHost(query, file));
    await using remote = await connectSsh(target, { signal: new AbortController().signal, timeout: 3 });
    return (await remote.exec(printed)).stdout.trim();
  } catch (error) {
    return error as Error;
  }
}

const reached = () => `Host *
  HostName 127.0.0.1
  Port ${sshd.port}
  UserKnownHostsFile "${at('known')}"
  StrictHostKeyChecking yes
`;
const withKey = () => `${reached()}  IdentityFile ${at('key')}\n`;
/** Before the others, so that it counts. */
const first = (lines: string) => `${lines}\n${withKey()}`;

describe('an option with which both get in', () => {
  const rows: readonly (readonly [name: string, config: () => string])[] = [
    ['HostName, Port, IdentityFile', withKey],
    ['User', () => first(`User ${user}`)],
    ['tokens and variables', () => `${reached()}  IdentityFile \${SD_KEYS}/%n-%r\n`],
    ['HostKeyAlias', () => first(`HostKeyAlias db1.alias\nUserKnownHostsFile "${at('known by alias')}"`)],
    [
      'UserKnownHostsFile none',
      () => first(`UserKnownHostsFile none\nGlobalKnownHostsFile "${at('known')}"`),
    ],
    ['GlobalKnownHostsFile', () => first(`UserKnownHostsFile /no/file\nGlobalKnownHostsFile ${at('known')}`)],
    [
      'StrictHostKeyChecking no',
      () => first(`StrictHostKeyChecking no\nUserKnownHostsFile ${at('changed')}`),
    ],
    [
      'StrictHostKeyChecking accept-new',
      () => first(`StrictHostKeyChecking accept-new\nUserKnownHostsFile ${at('new')}`),
    ],
    [
      'NoHostAuthenticationForLocalhost',
      () => first(`NoHostAuthenticationForLocalhost yes\nUserKnownHostsFile ${at('changed')}`),
    ],
    [
      'HostKeyAlgorithms',
      () => first(`HostKeyAlgorithms ecdsa-sha2-nistp256\nUserKnownHostsFile "${at('only ecdsa')}"`),
    ],
    ['the type of key that is known', () => first(`UserKnownHostsFile "${at('only ecdsa')}"`)],
    [
      'KexAlgorithms, Ciphers, MACs',
      () =>
        first('Ciphers aes256-ctr\nMACs hmac-sha2-512,umac-64@openssh.com\nKexAlgorithms ecdh-sha2-nistp521'),
    ],
    [
      'old algorithms, added',
      () =>
        first(
          `Port ${old.port}\nKexAlgorithms +diffie-hellman-group14-sha1\nCiphers +aes128-cbc\nMACs +hmac-sha1`,
        ),
    ],
    [
      'PubkeyAcceptedAlgorithms',
      () =>
        `PubkeyAcceptedAlgorithms rsa-sha2-512\n${reached()}  IdentityFile ${at('wrong')}\n  IdentityFile ${at('rsa')}\n`,
    ],
    ['ProxyCommand', () => first(`ProxyCommand ${process.execPath} ${at('relay.mjs')} %h %p`)],
    ['ProxyJump', () => `Host db1\n  ProxyJump gate,other\n${withKey()}`],
    ['ProxyJump none', () => first('ProxyJump none')],
    ['Include', () => `Include ${knownAs('more.conf', `IdentityFile ${at('key')}`)}\n${reached()}`],
    ['Match exec', () => `Match exec "test %h = db1"\n  IdentityFile ${at('key')}\n${reached()}`],
    [
      'Match originalhost, user, host',
      () => `${reached()}Match originalhost db1 user ${user} host 127.*\n  IdentityFile ${at('key')}\n`,
    ],
    ['Match final', () => `${reached()}Match final host 127.0.0.1\n  IdentityFile ${at('key')}\n`],
    ['CanonicalizeHostname', () => first('CanonicalizeHostname always\nCanonicalDomains invalid\nMatch all')],
    [
      'AddressFamily',
      () =>
        first('AddressFamily inet\nHostName localhost').replace(
          'HostName localhost',
          `HostName localhost\nHostKeyAlias [127.0.0.1]:${sshd.port}`,
        ),
    ],
    ['BindAddress', () => first('BindAddress 127.0.0.2')],
    ['BindInterface', () => first('BindInterface lo')],
    ['SetEnv, SendEnv', () => first('SetEnv SD_ONE=1\nSendEnv SD_*')],
    [
      'ConnectTimeout, ConnectionAttempts, ServerAlive…',
      () =>
        first(
          'ConnectTimeout 20\nConnectionAttempts 2\nServerAliveInterval 60\nServerAliveCountMax 9\nTCPKeepAlive no',
        ),
    ],
    [
      'what makes no difference',
      () =>
        first(
          'Compression yes\nForwardAgent yes\nForwardX11 no\nLocalForward 127.0.0.1:65000 127.0.0.1:22\nRequestTTY no\nIPQoS none\nRekeyLimit 1G\nVisualHostKey no\nUpdateHostKeys no\nLogLevel ERROR\nControlMaster no\nHashKnownHosts yes\nCheckHostIP yes\nPreferredAuthentications publickey\nGSSAPIAuthentication yes',
        ),
    ],
  ];
  test.each(rows)('%s', async (_name, config) => {
    const { ssh, ours, told } = await both(config());
    expect(ssh, told).toMatch(/^hi /);
    expect(ours).toBe(ssh);
  });

  test('and those of keys in an ssh agent: IdentitiesOnly, IdentityAgent', async () => {
    const agent = execFileSync('ssh-agent', ['-s', '-a', at('agent')], { encoding: 'utf8' });
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
    try {
      const names = [...Array.from({ length: 8 }, (_, n) => `many${n}`), 'key'];
      execFileSync('ssh-add', ['-q', ...names.map(at)], {
        env: { ...process.env, SSH_AUTH_SOCK: at('agent') },
      });
      const config = `IdentityAgent ${at('agent')}\n${reached()}`;
      const only = await both(`${config}  IdentityFile ${at('key.pub')}\n  IdentitiesOnly yes\n`);
      expect(only.ours).toBe(only.ssh);
      expect(only.ssh).toMatch(/^hi/);
      const all = await both(config);
      expect(all).toMatchObject({
        ssh: undefined,
        ours: { message: expect.stringContaining('more keys than it lets anybody try') },
      });
    } finally {
      process.kill(pid);
    }
  });

  test('a name that is recorded is hashed where HashKnownHosts says so', async () => {
    const { ours } = await both(
      first(`HashKnownHosts yes\nStrictHostKeyChecking accept-new\nUserKnownHostsFile ${at('new')}`),
    );
    expect(ours).toMatch(/^hi/);
    expect(readFileSync(at('new'), 'utf8')).toMatch(/^\|1\|/);
    const again = await both(first(`UserKnownHostsFile ${at('new')}`));
    expect(again.ours).toBe(again.ssh);
    expect(again.ours).toMatch(/^hi/);
  });

  test('no language is sent, though Debian’s configuration says so', async () => {
    writeFileSync(at('config'), first('SendEnv LANG LC_* SD_TWO'));
    const target = await sshTarget({ address: 'db1' }, {}, (query) => resolveHost(query, at('config')));
    await using remote = await connectSsh(target, { signal: new AbortController().signal, timeout: 10 });
    expect((await remote.exec('echo "$SD_TWO,$LANG"')).stdout).toBe('two,\n');
  });
});

test('what ssh alone would do with a login of a person does not hinder us: RemoteCommand, RequestTTY', async () => {
  const { ssh, ours } = await both(first('RemoteCommand tmux attach\nRequestTTY force'));
  expect(ssh).toBeUndefined();
  expect(ours).toMatch(/^hi/);
});

describe('an option with which neither gets in', () => {
  test.each<readonly [name: string, config: () => string, words: RegExp]>([
    ['an unknown host', () => first('UserKnownHostsFile /no/file'), /not in known_hosts/],
    ['a changed key', () => first(`UserKnownHostsFile ${at('changed')}`), /has changed \(.*changed:1/],
    [
      'HostKeyAlgorithms of another type',
      () => first(`HostKeyAlgorithms ssh-ed25519\nUserKnownHostsFile "${at('only ecdsa')}"`),
      /\(ssh-ed25519\) is not in known_hosts/,
    ],
    [
      'RevokedHostKeys',
      () => first(`RevokedHostKeys ${at('revoked')}\nHostKeyAlgorithms ssh-ed25519`),
      /is revoked/,
    ],
    [
      'RevokedHostKeys, a KRL',
      () => first(`RevokedHostKeys ${at('revoked.krl')}\nHostKeyAlgorithms ssh-ed25519`),
      /is revoked/,
    ],
    [
      'RevokedHostKeys that are not there',
      () => first('RevokedHostKeys /no/file'),
      /is revoked .*cannot be read/,
    ],
    ['AddressFamily', () => first('AddressFamily inet6'), /127.0.0.1 is no address of IPv6/],
    ['BindAddress that is nobody’s', () => first('BindAddress 192.0.2.1'), /EADDRNOTAVAIL/],
    ['BindInterface that is none', () => first('BindInterface none0'), /no such interface/],
    ['PubkeyAcceptedAlgorithms', () => first('PubkeyAcceptedAlgorithms rsa-sha2-512'), /tried: nothing/],
    [
      'IdentityFile',
      () => `${reached()}  IdentityFile ${at('wrong')}\n  IdentitiesOnly yes\n`,
      /refused the login/,
    ],
    [
      'IdentityAgent none',
      () => `IdentityAgent none\nIdentityFile ${at('wrong')}\nIdentitiesOnly yes\n${reached()}`,
      /refused the login/,
    ],
    ['old algorithms', () => first(`Port ${old.port}`), /no algorithm in common/],
    [
      'a Match that does not fit',
      () =>
        `Match exec false\n  IdentityFile ${at('key')}\n${reached()}  IdentitiesOnly yes\n  IdentityFile ${at('wrong')}\n`,
      /refused the login/,
    ],
    [
      'an option that there is not',
      () => first('NoSuchOption yes'),
      /ssh cannot tell how db1 is reached: .*line 1: Bad configuration option/,
    ],
  ])('%s', async (_name, config, words) => {
    const { ssh, ours } = await both(config());
    expect(ssh).toBeUndefined();
    expect(ours).toMatchObject({ message: expect.stringMatching(words) });
  });
});

describe('an option that OpenSSH follows and we do not is told where it matters', () => {
  const refusal = async (config: string) => {
    const { ssh, ours } = await both(config);
    expect(ours).toBeInstanceOf(Error);
    const { message, details } = ours as Error & { details?: { lastLines?: string[]; hint?: string } };
    return { ssh, words: [message, ...(details?.lastLines ?? []), details?.hint].join('\n') };
  };
  const wrong = () => `${reached()}  IdentityFile ${at('wrong')}\n  IdentitiesOnly yes\n`;

  test('KnownHostsCommand', async () => {
    const command = `KnownHostsCommand /bin/cat "${at('known')}"`;
    const { ssh, words } = await refusal(`# first\n${first(`${command}\nUserKnownHostsFile /no/file`)}`);
    expect(ssh).toMatch(/^hi/);
    expect(words).toMatch(/not in known_hosts/);
    expect(words).toContain(`${at('config')}:2: KnownHostsCommand is not followed: it is not run`);
  });

  test('CertificateFile, and a certificate beside the key', async () => {
    const { ssh, words } = await refusal(`${reached()}  IdentityFile ${at('certified')}\n`);
    expect(ssh).toMatch(/^hi/);
    expect(words).toContain(`without the certificate ${at('certified-cert.pub')}: ssh2 has no certificates`);
  });

  test('ControlPath', async () => {
    const shared = `ControlPath ${at('%C.sock')}\n`;
    writeFileSync(at('master'), `${shared}${withKey()}`);
    execFileSync('ssh', ['-F', at('master'), '-MNf', 'db1'], { stdio: 'ignore' });
    try {
      const { ssh, words } = await refusal(`Host other\n  ControlPath none\nHost *\n  ${shared}${wrong()}`);
      expect(ssh).toMatch(/^hi/);
      expect(words).toContain(
        `${at('config')}:4: ControlPath is not followed: a connection that ssh has open`,
      );
    } finally {
      execFileSync('ssh', ['-F', at('master'), '-O', 'exit', 'db1'], { stdio: 'ignore' });
    }
  });

  test('MACs of which ssh2 has none', async () => {
    const { ssh, words } = await refusal(first(`Port ${strict.port}\nMACs umac-64@openssh.com`));
    expect(ssh).toMatch(/^hi/);
    expect(words).toMatch(/of the MACs for db1 ssh2 has none: umac-64@openssh.com/);
  });

  test.each<readonly [keyword: string, value: string, words: RegExp]>([
    ['PKCS11Provider', '/no/such.so', /ssh-add -s/],
    ['SecurityKeyProvider', '/no/such.so', /no FIDO keys/],
    ['GSSAPIAuthentication', 'yes', /no Kerberos/],
    ['HostbasedAuthentication', 'yes', /only keys/],
    ['PubkeyAuthentication', 'no', /nobody is asked for a password/],
    ['PreferredAuthentications', 'password,keyboard-interactive', /nobody is asked for a password/],
    ['VerifyHostKeyDNS', 'yes', /DNS/],
  ])('%s, with the block that applies', async (keyword, value, means) => {
    const block = `Match originalhost other\n  ${keyword} ${value}\nMatch originalhost db1 exec "true"\n  ${keyword} ${value}\n`;
    const { words } = await refusal(`${block}${wrong()}`);
    expect(words).toContain(`${at('config')}:4: ${keyword} is not followed: `);
    expect(words).toMatch(means);
  });

  test('in a file that is included', async () => {
    const more = knownAs('more.conf', '# of the admin', 'GSSAPIAuthentication yes');
    const { words } = await refusal(`Include ${more}\n${wrong()}`);
    expect(words).toContain(`${more}:2: GSSAPIAuthentication is not followed`);
  });
});
