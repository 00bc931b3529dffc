import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TimeLimitError } from '../../../common/errors.ts';
import type { SshTarget } from '../../../main/providers/provider.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import type { Remote } from '../../../main/remotes/remote.ts';
import { connectSsh } from '../../../main/remotes/ssh-remote.ts';
import { type FakeSshServer, fakeSshServer } from '../../fakes/ssh-server.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'shakedown-remote-'));
const key = ssh2.utils.generateKeyPairSync('ed25519');
const keyFile = join(folder(), 'key');
writeFileSync(keyFile, key.private, { mode: 0o600 });

let server: FakeSshServer;
let remote: Remote;
const to = (more: Partial<SshTarget> = {}): SshTarget => ({
  host: '127.0.0.1',
  port: server.port,
  user: 'root',
  keyFile,
  hostKey: server.hostKey,
  ...more,
});
const open = (target: SshTarget, timeout = 5) =>
  connectSsh(target, { signal: AbortSignal.timeout(15_000), timeout });

beforeAll(async () => {
  server = await fakeSshServer(key.public);
  remote = await open(to());
});
afterAll(async () => {
  await remote[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('exec', () => {
  test('gives exit code and output apart; a non-zero exit is a result', async () => {
    const result = await remote.exec('echo out; echo err >&2; exit 3');
    expect(result).toMatchObject({ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
  });

  test('hears the end of a command however short it is', async () => {
    const codes = await Promise.all(Array.from({ length: 8 }, (_, code) => remote.exec(`exit ${code}`)));
    expect(codes.map(({ exitCode }) => exitCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('takes an argument list as it is, whatever is in it', async () => {
    const words = ['a b', "it's", '$HOME', 'two\nlines', '', '*', 'ü'];
    const { stdout } = await remote.exec(['printf', '%s|', ...words]);
    expect(stdout).toBe(words.map((word) => `${word}|`).join(''));
  });

  test('has stdin, a folder and an environment', async () => {
    const directory = folder();
    const options = { stdin: 'given', cwd: directory, env: { GREETING: 'it’s "me"' } };
    expect((await remote.exec('pwd; echo "$GREETING"; cat', options)).stdout).toBe(
      `${directory}\nit’s "me"\ngiven`,
    );
  });

  test('past its time limit is ended, with all that it started', async () => {
    const mark = join(folder(), 'alive');
    const running = remote.exec(`(while :; do touch ${mark}; sleep 0.05; done) & wait`, { timeout: 0.3 });
    await expect(running).rejects.toBeInstanceOf(TimeLimitError);
    await sleep(1500);
    const last = statSync(mark).mtimeMs;
    await sleep(300);
    expect(statSync(mark).mtimeMs).toBe(last);
  });

  test('is cancelled by its signal, also by one that was aborted while the channel opened', async () => {
    const late = new AbortController();
    const running = remote.exec('sleep 30', { signal: late.signal });
    late.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(remote.exec('true', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  test('keeps long output on disk, whole, and its beginning in memory', async () => {
    const spoolDir = folder();
    const result = await remote.exec('head -c 5000000 /dev/zero | tr "\\0" x', { maxBuffer: 1000, spoolDir });
    expect(result.stdout).toBe('x'.repeat(1000));
    expect(statSync(result.stdoutFile ?? '').size).toBe(5_000_000);
  });
});

describe('trees', () => {
  const odd = 'a b\'"\nü@';
  function tree() {
    const directory = folder();
    mkdirSync(join(directory, odd));
    writeFileSync(join(directory, odd, '@file'), 'hello', { mode: 0o640 });
    writeFileSync(join(directory, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync(odd, join(directory, 'link'));
    return directory;
  }

  test('travel with names, modes and links, there and back', async () => {
    const [there, back] = [join(folder(), 'new/place'), folder()];
    await remote.upload(tree(), there);
    expect(statSync(join(there, odd, '@file')).mode & 0o777).toBe(0o640);
    expect(statSync(join(there, 'run.sh')).mode & 0o777).toBe(0o755);
    const result = await remote.download([there], back, { base: there });
    expect(result).toMatchObject({ files: 5, problems: [] });
    expect(readFileSync(join(back, 'link', '@file'), 'utf8')).toBe('hello');
  });

  test('may be sent in part', async () => {
    const there = folder();
    await remote.upload(tree(), there, { entries: [`${odd}/@file`] });
    expect(readFileSync(join(there, odd, '@file'), 'utf8')).toBe('hello');
    expect(() => statSync(join(there, 'run.sh'))).toThrow();
  });

  test('come home as far as they can; what cannot is told', async () => {
    const [there, back] = [tree(), folder()];
    execFileSync('truncate', ['-s', '3G', join(there, 'sparse')]);
    const socket = createServer().listen(join(there, 'socket'));
    onTestFinished(() => void socket.close());
    const result = await remote.download([there, '/no/such/path'], back, {});
    expect(result.problems).toHaveLength(2);
    expect(result.problems.join('\n')).toMatch(
      /socket ignored[\s\S]*no\/such\/path|no\/such\/path[\s\S]*socket ignored/,
    );
    const home = statSync(join(back, there, 'sparse'));
    expect([home.size, home.blocks]).toEqual([3 * 1024 ** 3, 0]);
    expect(result.bytes).toBeLessThan(100_000);
  });

  test('from a hostile node do not leave the folder', async () => {
    const [there, back] = [folder(), folder()];
    const outside = folder();
    symlinkSync(outside, join(there, 'way-out'));
    execFileSync(
      'sh',
      [
        '-c',
        'mkdir real && echo x > real/evil && tar -cf a.tar way-out && tar -rf a.tar --transform=s,real,way-out, real/evil',
      ],
      { cwd: there },
    );
    const hostile = {
      ...remote,
      address: 'x',
      exec: (_: unknown, options: object) => remote.exec(`cat ${there}/a.tar`, options),
    };
    const { downloadTree } = await import('../../../main/remotes/transfer.ts');
    await downloadTree(hostile as never, ['/way-out'], back, {});
    expect(execFileSync('ls', ['-A', outside]).toString()).toBe('');
  });

  test('onto a node without the right to write are an error with tar’s words', async () => {
    await expect(remote.upload(tree(), '/proc/nowhere')).rejects.toThrow(
      /could not be written to \/proc\/nowhere/,
    );
  });
});

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

  test('is tried again until somebody listens', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const pending = fakeSshServer(key.public);
    const wanted = await pending;
    await wanted[Symbol.asyncDispose]();
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
    const other = ssh2.utils.generateKeyPairSync('ed25519').public;
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
    writeFileSync(wrong, ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600 });
    await expect(open(to({ keyFile: wrong }))).rejects.toThrow(/refused the login of 'root'; tried: .*wrong/);
    await expect(open(to({ keyFile: '/no/key' }))).rejects.toThrow(/cannot be read/);
  });

  test('with a key that has a passphrase asks for it', async () => {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'secret',
      cipher: 'aes256-ctr',
      rounds: 4,
    });
    const file = join(folder(), 'locked');
    writeFileSync(file, pair.private, { mode: 0o600 });
    const { credentials } = await import('../../../main/remotes/authentication.ts');
    expect(() => credentials(to({ keyFile: file }), {})).toThrow(/needs a passphrase/);
    expect(() => credentials(to({ keyFile: file }), { SHAKEDOWN_KEY_PASSPHRASE: 'wrong' })).toThrow(
      /does not open/,
    );
    expect(credentials(to({ keyFile: file }), { SHAKEDOWN_KEY_PASSPHRASE: 'secret' }).tried).toContain(file);
  });

  test('goes over jump hosts', async () => {
    await using own = await fakeSshServer(key.public);
    const jump = to({ port: own.port, hostKey: own.hostKey });
    await using far = await open(to({ jumps: [jump] }));
    expect((await far.exec('echo far')).stdout).toBe('far\n');
    expect(own.logins.length).toBeGreaterThan(0);
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
