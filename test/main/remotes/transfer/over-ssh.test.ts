import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { downloadTree } from '../../../../main/remotes/transfer/download-tree.ts';
import { fakeSshServer } from '../../../fakes/ssh-server.ts';
import { folder, key, keyFile, open, remote, server, sshHere, to } from '../ssh-here.ts';

sshHere();

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
    expect(result).toMatchObject({ files: 3, problems: [] });
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

  test('from a hostile node do not leave the folder, neither at once nor in two steps', async () => {
    const [there, back, outside] = [folder(), folder(), folder()];
    symlinkSync(outside, join(there, 'way-out'));
    const pack = [
      'mkdir real && echo x > real/evil',
      'tar -cf link.tar way-out',
      'tar -cf evil.tar --transform=s,real,way-out, real/evil',
      'cp link.tar both.tar && tar -Af both.tar evil.tar',
    ];
    execFileSync('sh', ['-c', pack.join(' && ')], { cwd: there });
    const sends = (archive: string) => ({
      exec: (_: unknown, options: object) => remote.exec(`cat ${there}/${archive}`, options),
    });
    for (const archive of ['both.tar', 'link.tar', 'evil.tar'])
      await downloadTree(sends(archive), ['/way-out'], back, {});
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(back, 'way-out/evil'), 'utf8')).toBe('x\n');
  });

  test('leave the mode of the folder that they go into as it is', async () => {
    const there = folder();
    chmodSync(there, 0o755);
    await remote.upload(tree(), there);
    expect(statSync(there).mode & 0o777).toBe(0o755);
    await remote.upload(folder(), join(there, 'empty'));
    expect(statSync(join(there, 'empty')).isDirectory()).toBe(true);
  });

  test('with an entry that is not there are an error, and nothing crashes', async () => {
    await expect(remote.upload(tree(), folder(), { entries: ['nope'] })).rejects.toThrow(/ENOENT.*nope/);
  });

  test('come home without named pipes, on which a reader would wait for ever', async () => {
    const [there, back] = [folder(), folder()];
    execFileSync('mkfifo', [join(there, odd)]);
    writeFileSync(join(there, 'file'), '');
    const { problems } = await remote.download([there], back, { base: there });
    expect(problems).toEqual([`${odd}: named pipe left out`]);
    expect(readdirSync(back)).toEqual(['file']);
  });

  test('come home with set-user-id bits off and readable by their owner', async () => {
    const [there, back] = [folder(), folder()];
    writeFileSync(join(there, 'suid'), '');
    chmodSync(join(there, 'suid'), 0o4001);
    await remote.download([there], back, { base: there });
    expect(statSync(join(back, 'suid')).mode & 0o7600).toBe(0o600);
  });

  test('come home up to a bound of bytes, and up to one of files; what is left out is told', async () => {
    const there = folder();
    for (let name = 0; name < 50; name += 1) writeFileSync(join(there, String(name)), Buffer.alloc(100_000));
    const few = folder();
    const byFiles = await remote.download([there], few, { base: there, maxFiles: 10 });
    expect(byFiles.problems).toEqual(['more than 10 files: the rest was left out']);
    expect(readdirSync(few).length).toBe(byFiles.files);
    const small = folder();
    const byBytes = await remote.download([there], small, { base: there, maxBytes: 1_000_000 });
    expect(byBytes.problems[0]).toBe('more than 1000000 bytes: the rest was left out');
    expect(byBytes.files).toBeLessThan(12);
    expect(readdirSync(small).length).toBe(byBytes.files);
  });

  test('come home without folders that are too deep to be removed', async () => {
    const [there, back] = [folder(), folder()];
    const name = 'd'.repeat(200);
    // Two parts, for a path of both is longer than any system call takes.
    const deep = (times: number) => Array(times).fill(name).join('/');
    const line = `cd ${there} && mkdir -p ${deep(15)} && cd ${deep(15)} && mkdir -p ${deep(4)} && touch ${deep(4)}/x`;
    execFileSync('sh', ['-c', line]);
    writeFileSync(join(there, 'file'), '');
    const { problems } = await remote.download([there], back, { base: there });
    expect(problems.join()).toMatch(/too deep|too long/);
    expect(readdirSync(back).sort()).toEqual([name, 'file']);
    rmSync(back, { recursive: true });
    execFileSync('rm', ['-rf', there]);
  });

  test('tell how far they have come', async () => {
    const [from, there, back] = [folder(), folder(), folder()];
    writeFileSync(join(from, 'big'), Buffer.alloc(3_000_000, 'x'));
    const steps: number[] = [];
    const onProgress = (bytes: number) => void steps.push(bytes);
    await remote.upload(from, there, { onProgress });
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBeGreaterThan(3_000_000);
    steps.length = 0;
    await remote.download([there], back, { onProgress });
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.at(-1)).toBeGreaterThan(3_000_000);
  });

  test('a transfer that is cancelled ends on both sides', async () => {
    const [there, back] = [folder(), folder()];
    execFileSync('sh', ['-c', 'head -c 200000000 /dev/zero > big'], { cwd: there });
    const signal = AbortSignal.timeout(100);
    await expect(remote.download([there], back, { signal })).rejects.toThrow('timeout');
    await expect(remote.download([there], back, { timeout: 0.05 })).rejects.toThrow('within 0.05 s');
  });

  test('onto a node without the right to write are an error with tar’s words', async () => {
    await expect(remote.upload(tree(), '/proc/nowhere')).rejects.toThrow(
      /could not be written to \/proc\/nowhere/,
    );
  });
});

describe('one big file', () => {
  test('travels by SFTP with its mode', async () => {
    const [file, target] = [join(folder(), 'big'), join(folder(), 'a b ü')];
    writeFileSync(file, Buffer.alloc(3_000_000, 'x'), { mode: 0o750 });
    const steps: number[] = [];
    const before = server.connections;
    await remote.uploadFile(file, target, { onProgress: (bytes) => void steps.push(bytes) });
    expect(readFileSync(target).equals(readFileSync(file))).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o750);
    expect(steps.at(-1)).toBe(3_000_000);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    // On the connection that is open, which stays so.
    expect(server.connections).toBe(before);
    expect(await remote.exec('echo up')).toMatchObject({ stdout: 'up\n' });
  });

  test('that is not there, or may not be written, is an error that names it', async () => {
    await expect(remote.uploadFile('/no/such', '/tmp/x')).rejects.toThrow(/no such file.*\/no\/such/i);
    await expect(remote.uploadFile(keyFile, '/no/such/x')).rejects.toThrow(
      /could not be sent to \/no\/such\/x/,
    );
  });

  const talker = join(folder(), 'talker');
  writeFileSync(talker, '#!/bin/sh\necho Welcome to this machine, which is for authorised users only\n', {
    mode: 0o755,
  });

  test.each([
    ['no SFTP', false],
    ['an SFTP server that ends at once', '/bin/false'],
    ['an SFTP server that speaks something else', talker],
  ] as const)('%s is told, and ends no connection', async (_, sftp) => {
    const own = await fakeSshServer(key.public, { sftp });
    const connected = await open(to({ port: own.port, hostKey: own.hostKey }));
    onTestFinished(async () => {
      await connected[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    });
    await expect(connected.uploadFile(keyFile, join(folder(), 'x'))).rejects.toThrow(/could not be sent to/);
    expect(await connected.exec('echo up')).toMatchObject({ stdout: 'up\n' });
  });

  test('stops at its time limit', async () => {
    const file = join(folder(), 'big');
    execFileSync('truncate', ['-s', '2G', file]);
    const running = remote.uploadFile(file, join(folder(), 'there'), { timeout: 0.1 });
    await expect(running).rejects.toThrow(/sending .*big did not finish within 0.1 s/);
  });
});
