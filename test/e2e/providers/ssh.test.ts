import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { TimeLimitError } from '../../../common/errors.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import type { SshTarget } from '../../../main/remotes/ssh-target.ts';
import { unusedPort } from '../../fakes/ssh-server.ts';

/** OpenSSH's own server, on a loopback port with a configuration and keys of its own. */
const base = mkdtempSync(join(tmpdir(), 'shakedown-sshd-'));
const folder = () => mkdtempSync(join(base, 'x'));
const passphrase = 'correct horse';
let sshd: ChildProcess;
let target: SshTarget;
let remote: Remote;
/** Commands that come by this port run without root's rights. */
let humblePort: number;
const dropRights = process.getuid?.() === 0 ? 'setpriv --reuid=65534 --regid=65534 --clear-groups ' : '';
const humbly = `exec ${dropRights}sh -c "$SSH_ORIGINAL_COMMAND"`;

const makeKey = async (name: string, secret = '', type = 'ed25519') => {
  const file = join(base, name);
  await execa('ssh-keygen', ['-q', '-t', type, '-N', secret, '-f', file]);
  return file;
};
const open = (more: Partial<SshTarget> = {}) =>
  connectSsh({ ...target, ...more }, { signal: AbortSignal.timeout(250_000), timeout: 200 });

beforeAll(async () => {
  const hostKey = await makeKey('host');
  const rsaHostKey = await makeKey('host_rsa', '', 'rsa');
  const keyFile = await makeKey('user');
  const locked = await makeKey('locked', passphrase);
  const authorized = [keyFile, locked].map((file) => readFileSync(`${file}.pub`, 'utf8')).join('');
  writeFileSync(join(base, 'authorized_keys'), authorized, { mode: 0o600 });
  const port = await unusedPort();
  humblePort = await unusedPort();
  const config = `ListenAddress 127.0.0.1:${port}
ListenAddress 127.0.0.1:${humblePort}
HostKey ${hostKey}
HostKey ${rsaHostKey}
AuthorizedKeysFile ${base}/authorized_keys
StrictModes no
UsePAM no
PidFile none
MaxSessions 2
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
Match LocalPort ${humblePort}
  ForceCommand ${humbly}
`;
  writeFileSync(join(base, 'sshd_config'), config);
  mkdirSync('/run/sshd', { recursive: true });
  sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(base, 'sshd_config')], { stdio: 'ignore' });
  const [type, key] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ');
  target = { host: '127.0.0.1', port, user: userInfo().username, keyFile, hostKey: `${type} ${key}` };
  remote = await open();
});

afterAll(async () => {
  await remote?.[Symbol.asyncDispose]();
  sshd.kill();
  rmSync(base, { recursive: true, force: true });
});

test('commands, their exit codes and signals', async () => {
  expect(await remote.exec('echo out; echo err >&2; exit 3')).toMatchObject({
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await remote.exec('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  const codes = await Promise.all(
    Array.from({ length: 25 }, (_, code) => remote.exec(`sleep 0.1; exit ${code}`)),
  );
  expect(codes.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 25 }, (_, code) => code));
});

test('output of 300 MB goes to disk whole, with memory bounded', async () => {
  const spoolDir = folder();
  let peak = 0;
  const before = process.memoryUsage().rss;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }, 50);
  const command = `head -c ${300 * 1024 ** 2} /dev/zero; echo end`;
  const result = await remote.exec(command, { spoolDir }).finally(() => clearInterval(watch));
  expect(statSync(result.stdoutFile ?? '').size).toBe(300 * 1024 ** 2 + 4);
  expect(result.stdout.length).toBe(1024 ** 2);
  expect((await execa('tail', ['-c', '4', result.stdoutFile ?? ''])).stdout).toBe('end');
  expect(peak).toBeLessThan(150 * 1024 ** 2);
});

test('a big file is sent whole by SFTP, with its mode', async () => {
  const file = join(folder(), 'big');
  await execa('sh', ['-c', `head -c 50000000 /dev/urandom > ${file}`]);
  chmodSync(file, 0o751);
  const there = join(folder(), 'there');
  await remote.uploadFile(file, there);
  await execa('cmp', [file, there]);
  expect(statSync(there).mode & 0o777).toBe(0o751);
});

test('sparse files stay sparse, files that grow come as they were, what cannot be had is told', async () => {
  const there = folder();
  await execa('truncate', ['-s', '5G', join(there, 'sparse')]);
  await execa('sh', ['-c', 'head -c 90000000 /dev/zero > growing; mkfifo pipe; ln -s /etc/passwd link'], {
    cwd: there,
  });
  // No process is started for it: it grows many times while it is read, however busy the machine.
  const grow = 'while :; do echo more >> growing; done';
  const growing = new AbortController();
  const writer = remote.exec(grow, { cwd: there, signal: growing.signal }).catch(() => undefined);
  await expect.poll(() => statSync(join(there, 'growing')).size).toBeGreaterThan(90_000_000);
  const back = folder();
  const result = await remote.download([there, join(there, 'gone')], back, { base: there });
  growing.abort();
  await writer;
  const sparse = statSync(join(back, 'sparse'));
  expect([sparse.size, sparse.blocks]).toEqual([5 * 1024 ** 3, 0]);
  expect(statSync(join(back, 'growing')).size).toBeGreaterThanOrEqual(90_000_000);
  const problems = result.problems.join('\n');
  expect(problems).toMatch(/growing: file changed as we read it/);
  expect(problems).toMatch(/gone: .*No such file or directory/);
  expect(problems).toMatch(/pipe: named pipe left out/);
  expect(result.problems).toHaveLength(3);
  expect(readdirSync(back).toSorted()).toEqual(['growing', 'link', 'sparse']);
});

test('files that the user may not read are told, and the rest comes', async () => {
  const there = folder();
  mkdirSync(join(there, 'closed'), { mode: 0o700 });
  writeFileSync(join(there, 'secret'), 'x', { mode: 0o000 });
  writeFileSync(join(there, 'open'), 'y', { mode: 0o644 });
  for (const directory of [base, there]) chmodSync(directory, 0o755);
  chmodSync(join(there, 'closed'), 0o000);
  await using humble = await open({ port: humblePort });
  const back = folder();
  const { problems } = await humble.download([there], back, { base: there });
  expect(problems.toSorted()).toEqual([
    './closed: Warning: Cannot open: Permission denied',
    './secret: Warning: Cannot open: Permission denied',
  ]);
  expect(readFileSync(join(back, 'open'), 'utf8')).toBe('y');
});

test('a cancelled command is gone from the node, and its connection lives', async () => {
  const controller = new AbortController();
  const running = remote.exec('echo $$; sleep 617 & sleep 617', {
    signal: controller.signal,
    onStdout: () => controller.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  const find = async () => (await remote.exec(['pgrep', '-f', '[s]leep 617'])).stdout;
  await expect.poll(find).toBe('');
});

test('a transfer past its time limit leaves no tar behind', async () => {
  const there = folder();
  await execa('sh', ['-c', 'head -c 500000000 /dev/zero > big'], { cwd: there });
  await expect(remote.download([there], folder(), { base: there, timeout: 0.1 })).rejects.toThrow(
    'within 0.1 s',
  );
  const find = async () => (await remote.exec(['pgrep', '-fx', `tar -c .*${there}.*`])).stdout;
  await expect.poll(find).toBe('');
});

test('commands that hang end at their limit, whoever they run as, also where they use up all sessions', async () => {
  const own = await open();
  const begin = performance.now();
  const lines = ['sleep 641', "trap '' TERM; while :; do sleep 642; done", 'setsid sleep 643'];
  const hung = [...lines, ...lines].map((line, index) =>
    own.exec(line, { timeout: 1, root: index < 3 }).catch((error: unknown) => error),
  );
  for (const error of await Promise.all(hung)) expect(error).toBeInstanceOf(TimeLimitError);
  expect(performance.now() - begin).toBeLessThan(60_000);
  await vi.waitFor(async () => {
    expect((await execa('pgrep', ['-f', '[s]leep 64[1-3]'], { reject: false })).stdout).toBe('');
  }, 10_000);
  expect(await own.exec('echo on')).toMatchObject({ stdout: 'on\n' });
  await own[Symbol.asyncDispose]();
});

test('a lost server fails what is under way', async () => {
  const own = await open();
  const { stdout } = await own.exec('echo $PPID');
  const running = own.exec('sleep 20');
  await sleep(200);
  process.kill(Number(stdout), 'SIGKILL');
  await expect(running).rejects.toThrow(/the connection to 127.0.0.1 was lost/);
});

test('a machine that went away without a word does not hold up the end of its connection', async () => {
  let near: Socket | undefined;
  // What the machine had to say to the end of the connection never comes.
  const relay = createServer({ allowHalfOpen: true }, (socket) => {
    near = socket;
    const far = connect(target.port, target.host);
    socket.pipe(far).pipe(socket, { end: false });
    for (const each of [socket, far]) each.on('error', () => undefined);
  });
  const port = await unusedPort();
  await new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void relay.close());
  const own = await open({ port });
  expect((await own.exec('echo here')).stdout).toBe('here\n');
  await own[Symbol.asyncDispose]();
  // Nobody reads there any more: the kernel answers what is written with a reset.
  await expect
    .poll(() => {
      near?.write('are you there?');
      return near?.destroyed;
    })
    .toBe(true);
});

test('an encrypted key by the ssh agent, or by SHAKEDOWN_KEY_PASSPHRASE', async () => {
  const keyFile = join(base, 'locked');
  vi.stubEnv('SSH_AUTH_SOCK', undefined);
  vi.stubEnv('SHAKEDOWN_KEY_PASSPHRASE', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(open({ keyFile })).rejects.toThrow(/needs a passphrase/);

  vi.stubEnv('SHAKEDOWN_KEY_PASSPHRASE', passphrase);
  await (await open({ keyFile }))[Symbol.asyncDispose]();
  vi.stubEnv('SHAKEDOWN_KEY_PASSPHRASE', undefined);

  const socket = join(base, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  const askpass = join(base, 'askpass');
  writeFileSync(askpass, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 });
  const env = { SSH_AUTH_SOCK: socket, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
  await expect.poll(() => existsSync(socket), { interval: 20 }).toBe(true);
  await execa('ssh-add', ['-q', keyFile], { env });
  vi.stubEnv('SSH_AUTH_SOCK', socket);
  await using own = await open({ keyFile });
  expect((await own.exec('echo in')).stdout).toBe('in\n');
});

/** An ssh agent with so many keys that nobody lets in, and `last` after them; its socket. */
async function agentWith(others: number, last: string): Promise<string> {
  const directory = folder();
  const socket = join(directory, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  await expect.poll(() => existsSync(socket), { interval: 20 }).toBe(true);
  const names = Array.from({ length: others }, (_, index) => join(directory, `other${index}`));
  for (const name of names) await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', name]);
  await execa('ssh-add', ['-q', ...names, last], { env: { SSH_AUTH_SOCK: socket } });
  return socket;
}

test('eight keys of the agent are refused at once as too many; the one that is named comes first, or alone', async () => {
  const own = join(base, 'user');
  const { keyFile: _own, ...keyless } = target;
  const connect = (more: Partial<SshTarget>) =>
    connectSsh({ ...keyless, ...more }, { signal: AbortSignal.timeout(250_000), timeout: 200 });
  const socket = await agentWith(8, own);
  vi.stubEnv('SSH_AUTH_SOCK', socket);
  onTestFinished(() => void vi.unstubAllEnvs());
  const started = performance.now();
  const refused = connect({});
  await expect(refused).rejects.toThrow(/after more keys than it lets anybody try; tried: the ssh agent/);
  await expect(refused).rejects.toMatchObject({
    details: { hint: expect.stringContaining('IdentitiesOnly yes') },
  });
  expect(performance.now() - started).toBeLessThan(60_000);

  // Only the public half is there, and the private one is the agent's.
  const half = join(folder(), 'half');
  writeFileSync(`${half}.pub`, readFileSync(`${own}.pub`));
  for (const more of [{ identitiesOnly: true }, {}]) {
    await using mine = await connect({ identityFiles: [half], ...more });
    expect((await mine.exec('echo in')).stdout).toBe('in\n');
  }
  await expect(connect({ identityFiles: [join(base, 'none')], identitiesOnly: true })).rejects.toThrow(
    /refused the login/,
  );
});

test('another agent is asked where one is named, and none where that is said', async () => {
  const { keyFile: _own, ...keyless } = target;
  const socket = await agentWith(0, join(base, 'user'));
  vi.stubEnv('SSH_AUTH_SOCK', undefined);
  vi.stubEnv('MY_AGENT', socket);
  vi.stubEnv('HOME', folder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const connect = (more: Partial<SshTarget>) =>
    connectSsh({ ...keyless, ...more }, { signal: AbortSignal.timeout(250_000), timeout: 200 });
  for (const identityAgent of [socket, '$MY_AGENT', `$${'{MY_AGENT}'}`]) {
    await using mine = await connect({ identityAgent });
    expect((await mine.exec('echo in')).stdout).toBe('in\n');
  }
  vi.stubEnv('SSH_AUTH_SOCK', socket);
  await expect(connect({ identityAgent: 'none' })).rejects.toThrow(/tried: nothing, for there is no key/);
});

test('a key that is let in by its certificate alone is told as that', async () => {
  const [authority, certified] = [join(folder(), 'ca'), join(folder(), 'certified')];
  for (const file of [authority, certified]) {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  }
  const user = userInfo().username;
  await execa('ssh-keygen', ['-q', '-s', authority, '-I', 'me', '-n', user, `${certified}.pub`]);
  const authorized = join(base, 'authorized_keys');
  const before = readFileSync(authorized, 'utf8');
  onTestFinished(() => writeFileSync(authorized, before, { mode: 0o600 }));
  writeFileSync(authorized, `${before}cert-authority ${readFileSync(`${authority}.pub`, 'utf8')}`, {
    mode: 0o600,
  });
  const login = ['-i', certified, '-p', String(target.port), '-o', 'StrictHostKeyChecking=no'];
  const files = ['-o', `UserKnownHostsFile=${join(folder(), 'known')}`, '-o', 'IdentitiesOnly=yes'];
  const { stdout } = await execa('ssh', ['-F', 'none', ...login, ...files, `${user}@127.0.0.1`, 'echo in']);
  expect(stdout).toBe('in');
  await expect(open({ keyFile: certified })).rejects.toThrow(
    /certified-cert.pub: ssh2 has no certificates .*551/,
  );
});

test('known_hosts as ssh-keyscan and ssh-keygen -H write it, whichever key type they list', async () => {
  const { hostKey: _pinned, ...unpinned } = target;
  const file = join(folder(), 'known_hosts');
  const scanned = await execa('ssh-keyscan', ['-t', 'rsa', '-p', String(target.port), '127.0.0.1']);
  writeFileSync(file, `${scanned.stdout}\n`);
  await execa('ssh-keygen', ['-q', '-H', '-f', file], { reject: false });
  expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|.* ssh-rsa /m);
  await using own = await connectSsh(
    { ...unpinned, knownHostsFiles: [file] },
    { signal: AbortSignal.timeout(250_000), timeout: 200 },
  );
  expect((await own.exec('echo in')).stdout).toBe('in\n');
});

test('a terminal with its size', async () => {
  const shell = await remote.spawn('stty size; read line; stty size', { pty: { rows: 33, cols: 99 } });
  let text = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  await expect.poll(() => text, { interval: 20 }).toContain('33 99');
  shell.resize(44, 120);
  shell.stdin.write('\n');
  expect(await shell.ended).toMatchObject({ exitCode: 0 });
  expect(text).toMatch(/33 99[\s\S]*44 120/);
});

test('a forwarded port reaches the main host', async () => {
  await using forwarding = await remote.forward(0, { host: '127.0.0.1', port: target.port });
  const socket = connect(forwarding.remotePort, '127.0.0.1');
  const [banner] = await socket.take(1).toArray();
  expect(String(banner)).toMatch(/^SSH-2.0-OpenSSH/);
});
