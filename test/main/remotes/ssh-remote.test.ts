import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { quote } from '../../../main/providers/host/root-script.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { fakeSshServer, newKey, unusedPort } from '../../fakes/ssh-server.ts';
import { folder, key, keyFile, open, remote, server, sshHere, to } from './ssh-here.ts';

const hostKey = newKey();
sshHere();

describe('root', () => {
  /** A node on which sudo says what `script` says. */
  async function withSudo(script: string) {
    const directory = folder();
    writeFileSync(join(directory, 'sudo'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const own = await fakeSshServer(key.public, { env: { PATH: `${directory}:/usr/bin:/bin` } });
    const connected = await open(to({ port: own.port, hostKey: own.hostKey, user: 'joe' }));
    onTestFinished(async () => {
      await connected[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    });
    return connected;
  }

  test('is had by sudo where the user is another, and only when it is asked for', async () => {
    // What sudo says besides (a lecture, a name that does not resolve) is no output of the command.
    const joe = await withSudo('echo "sudo: lecture" >&2; export BY="sudo $1"; shift 2; exec "$@"');
    expect(await joe.exec('echo hi $BY', { root: true })).toMatchObject({
      stdout: 'hi sudo -n\n',
      stderr: '',
    });
    expect(await joe.exec('echo hi $BY')).toMatchObject({ stdout: 'hi\n', stderr: '' });
    expect(await remote.exec('echo hi', { root: true })).toMatchObject({ stdout: 'hi\n', stderr: '' });
  });

  test('that sudo refuses is told with what to write where', async () => {
    const joe = await withSudo('echo "sudo: a password is required" >&2; exit 1');
    const refusal = await joe.exec('true', { root: true }).catch((error) => error);
    expect(refusal.message).toBe("'joe' may not run commands as root: sudo: a password is required");
    expect(refusal.details.hint).toContain("echo 'joe ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/shakedown");
  });

  test.each([
    ['sudo: sorry, you must have a tty to run sudo', /must have a tty/, /echo 'Defaults:joe !requiretty' >/],
    ['sudo: no tty present and no askpass program specified', /no tty present/, /!requiretty/],
    ['sudo: env: command not found', /env: command not found/, /secure_path lacks \/usr\/bin/],
    ['sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set', /setuid bit/, /chmod 4755/],
    [
      "sudo: effective uid is not 0, is sudo on a file system with the 'nosuid' option set",
      /nosuid/,
      /nosuid/,
    ],
    ['/etc/sudoers:3:9: syntax error', /syntax error/, /visudo -c/],
    ['Sorry, user joe is not allowed to execute sh as root on db1.', /user joe is not allowed/, /NOPASSWD/],
    ['joe is not in the sudoers file.', /not in the sudoers file/, /NOPASSWD/],
    ['sudo: something that nobody has seen', /something that nobody has seen/, /sudo -n true/],
  ])('a refusal is told with what to do: %s', async (said, message, hint) => {
    const joe = await withSudo(`echo "Lecture: think first." >&2; echo "${said}" >&2; exit 1`);
    const refusal = await joe.exec('true', { root: true }).catch((error) => error);
    expect(refusal.message).toMatch(/^'joe' may not run commands as root: /);
    expect(refusal.message).toMatch(message);
    expect(refusal.details.hint).toMatch(hint);
    await expect(joe.spawn('true', { root: true })).rejects.toThrow(refusal.message);
  });

  describe('by doas where there is no sudo', () => {
    const nodeWith = async (doas: string) => {
      const directory = folderWith(['sh', 'env', 'printf', 'cat']);
      writeFileSync(join(directory, 'doas'), `#!/bin/sh\n${doas}\n`, { mode: 0o755 });
      const own = await fakeSshServer(key.public, { env: { PATH: directory } });
      const joe = await open(to({ port: own.port, hostKey: own.hostKey, user: 'joe' }));
      onTestFinished(async () => {
        await joe[Symbol.asyncDispose]();
        await own[Symbol.asyncDispose]();
      });
      return joe;
    };

    test('is had', async () => {
      const joe = await nodeWith('export BY="doas $1 $2"; shift 2; exec "$@"');
      const result = await joe.exec(['sh', '-c', 'echo "$BY: $1"', 'sh', "it's"], { root: true, stdin: 'x' });
      expect(result).toMatchObject({ stdout: "doas -n --: it's\n", stderr: '' });
    });

    test.each(['doas: Operation not permitted', 'doas: Authentication required'])(
      'that refuses is told with what to write where: %s',
      async (said) => {
        const joe = await nodeWith(`echo '${said}' >&2; exit 1`);
        const refusal = await joe.exec('true', { root: true }).catch((error) => error);
        expect(refusal.message).toBe(`'joe' may not run commands as root: ${said}`);
        expect(refusal.details.hint).toContain('/etc/doas.conf: permit nopass joe as root');
      },
    );
  });

  test('on a node without sudo says so', async () => {
    await using own = await fakeSshServer(key.public, { env: { PATH: folderWith(['sh', 'env', 'printf']) } });
    await using joe = await open(to({ port: own.port, hostKey: own.hostKey, user: 'joe' }));
    const refusal = await joe.exec('true', { root: true }).catch((error) => error);
    expect(refusal.message).toMatch(/there is neither sudo nor doas on the node/);
    expect(refusal.details.hint).toMatch(/--user root.*apt-get install sudo/);
  });

  test('a command of its own that ends with 1 is a result', async () => {
    const joe = await withSudo('shift 2; exec "$@"');
    expect(await joe.exec('echo no >&2; exit 1', { root: true })).toMatchObject({ exitCode: 1 });
  });
});

/** A folder in which nothing is but these programs. */
function folderWith(programs: readonly string[]): string {
  const directory = folder();
  for (const program of programs) symlinkSync(`/usr/bin/${program}`, join(directory, program));
  return directory;
}

describe('a connection', () => {
  test('that is lost fails every call that is under way', async () => {
    await using own = await fakeSshServer(key.public);
    const lost = await open(to({ port: own.port, hostKey: own.hostKey }));
    const calls = [lost.exec('sleep 20'), lost.exec('sleep 21')].map((call) => call.catch((error) => error));
    await sleep(200);
    own.drop();
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ConnectionLostError);
    expect(lost.lost.aborted).toBe(true);
    await expect(lost.exec('true')).rejects.toBeInstanceOf(ConnectionLostError);
  });

  test('that dies in the middle of anything leaves no rejection that nobody hears', async () => {
    const errors: Error[] = [];
    const unheard: unknown[] = [];
    const hear = (error: unknown) => unheard.push(error);
    process.on('unhandledRejection', hear);
    try {
      for (const wait of [0, 1, 5, 20, 50]) {
        await using own = await fakeSshServer(key.public, { maxSessions: 2 });
        const lost = await open(to({ port: own.port, hostKey: own.hostKey }));
        const begin = () =>
          [
            ...['sleep 20', 'sleep 21', 'sleep 22'].map((line) => lost.exec(line, { timeout: 0.02 })),
            lost.spawn('sleep 23'),
            lost.connect('127.0.0.1', own.port),
            lost.forward(0, { host: '127.0.0.1', port: own.port }),
          ].map((call) =>
            call.then(
              () => undefined,
              (error: Error) => void errors.push(error),
            ),
          );
        const calls = begin();
        await sleep(wait);
        own.drop();
        calls.push(...begin());
        await sleep(1);
        calls.push(...begin());
        await Promise.all(calls);
        await lost[Symbol.asyncDispose]();
      }
      await sleep(50);
    } finally {
      process.off('unhandledRejection', hear);
    }
    expect(unheard).toEqual([]);
    expect(new Set(errors.map((error) => error.constructor.name))).toEqual(
      new Set(['ConnectionLostError', 'TimeLimitError']),
    );
  });

  test('is tried again until somebody listens', async () => {
    const port = await unusedPort();
    const coming = sleep(400).then(() => fakeSshServer(key.public, { port }));
    const known = join(folder(), 'known_hosts');
    const { hostKey: _pinned, ...unpinned } = to({ port, knownHostsFiles: [known], acceptNewHostKey: true });
    const late = await open(unpinned);
    expect((await late.exec('echo hi')).stdout).toBe('hi\n');
    expect(readFileSync(known, 'utf8')).toContain(`[127.0.0.1]:${port} ssh-ed25519`);
    await late[Symbol.asyncDispose]();
    await (await coming)[Symbol.asyncDispose]();
  });

  test('to one that accepts and says nothing ends with its time limit', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    await expect(open(to({ port }), 1)).rejects.toThrow(
      /within 1 s: it accepts the connection and then says nothing/,
    );
  });

  test('is refused at once when the host key is another, unknown, or revoked', async () => {
    const other = newKey().public;
    await expect(open(to({ hostKey: other }))).rejects.toThrow(/another host key/);
    const name = `[127.0.0.1]:${server.port}`;
    const known = (line: string) => {
      const file = join(folder(), 'known_hosts');
      writeFileSync(file, `${line}\n`);
      const { hostKey: _pinned, ...target } = to({ knownHostsFiles: [file] });
      return open(target);
    };
    await expect(known('')).rejects.toThrow(/not in known_hosts/);
    await expect(known(`${name} ${other}`)).rejects.toThrow(/has changed/);
    await expect(known(`@revoked ${name} ${server.hostKey}`)).rejects.toThrow(/revoked/);
    await (await known(`${name} ${server.hostKey}`))[Symbol.asyncDispose]();
  });

  test('with a key that the server does not take says what was tried', async () => {
    const wrong = join(folder(), 'wrong');
    writeFileSync(wrong, newKey().private, { mode: 0o600 });
    await expect(open(to({ keyFile: wrong }))).rejects.toThrow(/refused the login of 'root'; tried: .*wrong/);
    await expect(open(to({ keyFile: '/no/key' }))).rejects.toThrow(/cannot be read/);
  });

  test('with a named key that cannot be read says so at once, also where nobody answers, and hangs up', async () => {
    const missing = { keyFile: '/no/key' };
    await expect(open(to({ ...missing, port: await unusedPort() }), 1000)).rejects.toThrow(/cannot be read/);
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const [[socket], outcome] = await Promise.all([
      once(silent, 'connection') as Promise<[Socket]>,
      open(to({ ...missing, port }), 1000).catch((error: unknown) => error),
    ]);
    expect(String(outcome)).toMatch(/cannot be read/);
    await once(socket.resume(), 'close');
  });

  test('with no key at all says so', async () => {
    const { keyFile: _key, ...keyless } = to();
    vi.stubEnv('SSH_AUTH_SOCK', undefined);
    vi.stubEnv('HOME', folder());
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(open(keyless)).rejects.toThrow(/refused the login of 'root'; tried: nothing/);
  });

  test('with a public key, or a file that is no key, says which file is wanted', async () => {
    const file = join(folder(), 'key.pub');
    writeFileSync(file, key.public);
    await expect(open(to({ keyFile: file }))).rejects.toThrow(/key.pub is a public key/);
    writeFileSync(file, 'hello');
    await expect(open(to({ keyFile: file }))).rejects.toThrow(/is not a private key/);
  });

  test('a login that is refused while the machine boots is tried again, for a while', async () => {
    const port = await unusedPort();
    const coming = sleep(300).then(() =>
      fakeSshServer(key.public, { port, refuseLogins: 2, hostKey: hostKey.private }),
    );
    await using late = await open(to({ port, hostKey: hostKey.public }));
    expect((await late.exec('echo hi')).stdout).toBe('hi\n');
    await (await coming)[Symbol.asyncDispose]();
  });

  test('refused by host key or login is not tried again', async () => {
    await using own = await fakeSshServer(key.public);
    const wrong = join(folder(), 'wrong');
    writeFileSync(wrong, newKey().private, { mode: 0o600 });
    await expect(open(to({ port: own.port }))).rejects.toThrow(/another host key/);
    expect(own.connections).toBe(1);
    await expect(open(to({ port: own.port, hostKey: own.hostKey, keyFile: wrong }))).rejects.toThrow(
      /refused/,
    );
    expect(own.connections).toBe(2);
  });

  test('where nobody listens ends with its time limit, and at once when it is cancelled', async () => {
    const port = await unusedPort();
    await expect(open(to({ port }), 0.3)).rejects.toThrow(
      /no ssh answer from .* within 0.3 s: .*ECONNREFUSED/,
    );
    const signal = AbortSignal.timeout(100);
    await expect(connectSsh(to({ port }), { signal, timeout: 60 })).rejects.toThrow('timeout');
  });

  test('with a key that has a passphrase asks for it', async () => {
    const pair = newKey('secret');
    const file = join(folder(), 'locked');
    writeFileSync(file, pair.private, { mode: 0o600 });
    const { credentials } = await import('../../../main/remotes/login/authentication.ts');
    expect(() => credentials(to({ keyFile: file }), {})).toThrow(/needs a passphrase/);
    expect(() => credentials(to({ keyFile: file }), { SHAKEDOWN_KEY_PASSPHRASE: 'wrong' })).toThrow(
      /does not open/,
    );
    expect(credentials(to({ keyFile: file }), { SHAKEDOWN_KEY_PASSPHRASE: 'secret' }).tried).toContain(file);
  });

  test('goes through a command, which ends with it', async () => {
    const file = join(folder(), 'pid');
    const relay = `const s=require('net').connect(${server.port},'127.0.0.1');process.stdin.pipe(s).pipe(process.stdout);`;
    const proxyCommand = `sh -c 'echo $$ > ${file}; exec node -e "$0"' ${quote(relay)}`;
    const through = await open(to({ host: 'nowhere.invalid', proxyCommand }));
    expect((await through.exec('echo hi')).stdout).toBe('hi\n');
    await through[Symbol.asyncDispose]();
    await expect.poll(() => existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`)).toBe(false);
  });

  test('through a command that fails says how that ended', async () => {
    const proxyCommand = "sh -c 'echo no way to %h >&2; exit 3'";
    await expect(open(to({ proxyCommand }), 1)).rejects.toThrow(/ended with 3: no way to %h/);
  });

  test('to a host that is trusted by an authority alone says that ssh2 has no certificates', async () => {
    const file = join(folder(), 'known_hosts');
    writeFileSync(file, `@cert-authority *.example,[127.0.0.1]:* ${newKey().public}\n`);
    const { hostKey: _pinned, ...target } = to({ knownHostsFiles: [file] });
    await expect(open(target)).rejects.toThrow(
      /trusts \[127.0.0.1\]:\d+ by a certificate authority.*ssh2.issues.551/,
    );
  });

  test('goes over jump hosts', async () => {
    await using own = await fakeSshServer(key.public);
    const jump = to({ port: own.port, hostKey: own.hostKey });
    await using far = await open(to({ jumps: [jump] }));
    expect((await far.exec('echo far')).stdout).toBe('far\n');
    expect(own.logins.length).toBeGreaterThan(0);
    own.drop();
    await expect(far.exec('true')).rejects.toBeInstanceOf(ConnectionLostError);
  });

  test('over a jump host that does not answer ends with its time limit, and at once when it is cancelled', async () => {
    await using own = await fakeSshServer(key.public, { deafToForwards: true });
    const target = to({ jumps: [to({ port: own.port, hostKey: own.hostKey })] });
    await expect(open(target, 1)).rejects.toThrow(/within 1 s: nothing answers at that address/);
    const cancelled = new AbortController();
    const opening = connectSsh(target, { signal: cancelled.signal, timeout: 1000 });
    const logins = own.logins.length;
    const whenAsked = vi.waitFor(() => expect(own.logins.length).toBeGreaterThan(logins));
    void whenAsked.then(() => cancelled.abort(new Error('cancelled')));
    await expect(opening).rejects.toThrow('cancelled');
  });

  test('that is closed by us fails what comes after, and may be closed twice', async () => {
    const own = await open(to());
    await own[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
    await expect(own.exec('true')).rejects.toThrow(/is closed$/);
    await expect(own.connect('127.0.0.1', 1)).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(own.forward(0, { host: '127.0.0.1', port: 1 })).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(own.uploadFile(keyFile, '/nowhere')).rejects.toBeInstanceOf(ConnectionLostError);
  });

  test('that is lost also ends a transfer and a stream', async () => {
    await using own = await fakeSshServer(key.public);
    const lost = await open(to({ port: own.port, hostKey: own.hostKey }));
    const there = folder();
    execFileSync('mkfifo', [join(there, 'pipe')]);
    const stream = await lost.connect('127.0.0.1', server.port);
    const ended = new Promise((resolve) => stream.once('close', resolve).resume());
    const upload = lost.exec('cat', { stdin: new PassThrough() }).catch((error) => error);
    const child = await lost.spawn('sleep 20');
    own.drop();
    expect(await upload).toBeInstanceOf(ConnectionLostError);
    expect(await child.ended).toEqual({ exitCode: null, signal: null });
    await ended;
  });

  test('opens a port on the node that reaches the main host', async () => {
    const greeter = createServer((socket) => void socket.end('hello from home')).listen(0, '127.0.0.1');
    onTestFinished(() => void greeter.close());
    await once(greeter, 'listening');
    const { port } = greeter.address() as { port: number };
    const read = async (at: number) => {
      const socket = connect(at, '127.0.0.1');
      return (await socket.toArray()).join('');
    };
    const forwarding = await remote.forward(0, { host: '127.0.0.1', port });
    expect(await read(forwarding.remotePort)).toBe('hello from home');
    await expect(remote.forward(forwarding.remotePort, { host: '127.0.0.1', port })).rejects.toThrow(
      /could not be opened on the node/,
    );
    await forwarding[Symbol.asyncDispose]();
  });

  test('to a port of the node that is closed says which', async () => {
    const port = await unusedPort();
    await expect(remote.connect('127.0.0.1', port)).rejects.toThrow(`no connection to 127.0.0.1:${port}`);
  });

  test('reaches ports as the node sees them', async () => {
    const stream = await remote.connect('127.0.0.1', server.port);
    const [banner] = await new Promise<Buffer[]>((resolve) =>
      stream.once('data', (data: Buffer) => resolve([data])),
    );
    expect(String(banner)).toMatch(/^SSH-2\.0-/);
    stream.destroy();
  });
});
