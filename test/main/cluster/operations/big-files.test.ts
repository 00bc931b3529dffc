import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bringBigFile, sendBigFile } from '../../../../main/cluster/operations/big-files.ts';
import type { Remote } from '../../../../main/remotes/remote.ts';
import type { SshServerOptions } from '../../../fakes/ssh-server.ts';
import { folder, node } from '../../remotes/fake-node.ts';

const bytes = randomBytes(3_000_000);
const longAgo = new Date('2020-02-02T02:02:02Z');

/** A file of 3 MB with a mode and a time of its own. */
function big(name = 'big', directory = folder()): string {
  const file = join(directory, name);
  writeFileSync(file, bytes, { mode: 0o640 });
  utimesSync(file, longAgo, longAgo);
  return file;
}

const isAsSent = (file: string) => {
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect(statSync(file).mode & 0o7777).toBe(0o640);
  expect(statSync(file).mtime).toEqual(longAgo);
};

/** Programs that stand before the node's own on its PATH. */
function programs(texts: Readonly<Record<string, string>>): SshServerOptions {
  const bin = folder();
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { env: { PATH: `${bin}:${process.env.PATH}` } };
}

const sudo = { sudo: 'shift 2; exec "$@"' };

async function connected(options: SshServerOptions = {}, user = 'root') {
  const remote = await (await node(options, user)).connect();
  const said: string[] = [];
  const steps: number[] = [];
  const how = {
    via: remote,
    log: (line: string) => void said.push(line),
    onProgress: (done: number) => void steps.push(done),
  };
  return { remote, how, said, steps };
}

const withoutSftp: readonly (readonly [string, SshServerOptions])[] = [
  ['sshd has no SFTP', { sftp: false }],
  ['its server does not start', { sftp: '/bin/false' }],
];

describe('to a node, a big file', () => {
  test.each(['root', 'joe'])('goes by SFTP with its mode and its time; the login is %s', async (user) => {
    const { remote, how, said, steps } = await connected(programs(sudo), user);
    const [file, there] = [big(), folder()];
    const target = join(there, "new/a 'name' ü");
    expect(await sendBigFile(remote, file, target, how)).toBe(true);
    isAsSent(target);
    expect(said).toEqual([expect.stringMatching(/^sent .* ü: 3000000 bytes in \d+ ms by SFTP$/)]);
    expect(steps.at(-1)).toBe(bytes.length);
    expect(readdirSync(join(there, 'new'))).toHaveLength(1);
  });

  test('takes the place of a file and of a link, not of what that leads to', async () => {
    const { remote, how } = await connected();
    const [file, there] = [big(), folder()];
    writeFileSync(join(there, 'old'), 'old');
    symlinkSync('old', join(there, 'link'));
    expect(await sendBigFile(remote, file, join(there, 'link'), how)).toBe(true);
    isAsSent(join(there, 'link'));
    expect(readFileSync(join(there, 'old'), 'utf8')).toBe('old');
    expect(await sendBigFile(remote, file, join(there, 'old'), how)).toBe(true);
    isAsSent(join(there, 'old'));
  });

  test.each([
    ['', true],
    ['echo 0; ', false],
  ])('of a login that is not root’s is read by nobody else on its way, and then gone', async (lie, sent) => {
    const seen = join(folder(), 'seen');
    const spy = { sha256sum: `ls -l /var/tmp/shakedown-*-* >${seen}; ${lie}exec /usr/bin/sha256sum "$@"` };
    const { remote, how, said } = await connected(programs({ ...sudo, ...spy }), 'joe');
    // Told apart from those of others by its size.
    const file = big();
    appendFileSync(file, 'x'.repeat(process.pid));
    const { size } = statSync(file);
    expect(await sendBigFile(remote, file, join(folder(), 'there'), how)).toBe(sent);
    const [mode, path] =
      new RegExp(`^(-\\S+) .* ${size} .* (/\\S+)$`, 'm').exec(readFileSync(seen, 'utf8'))?.slice(1) ?? [];
    expect(mode).toBe('-rw-------');
    expect(existsSync(String(path))).toBe(false);
    expect(said.join()).toContain(sent ? 'by SFTP' : 'through the channel');
  });

  test.each(withoutSftp)('is left to the channel, and that is told, where %s', async (_, options) => {
    const { remote, how, said } = await connected(options);
    const there = folder();
    expect(await sendBigFile(remote, big(), join(there, 'x'), how)).toBe(false);
    expect(said).toEqual([
      expect.stringMatching(/big could not be sent to .*; it is sent through the channel$/),
    ]);
    expect(readdirSync(there)).toEqual([]);
    expect((await remote.exec('echo up')).stdout).toBe('up\n');
  });

  test('that did not arrive as it was sent comes to no place, and is left to the channel', async () => {
    const { remote, how, said } = await connected(programs({ sha256sum: 'cat >/dev/null; echo 0 -' }));
    const there = folder();
    writeFileSync(join(there, 'x'), 'as before');
    expect(await sendBigFile(remote, big(), join(there, 'x'), how)).toBe(false);
    expect(said.join()).toMatch(/could not write .*x: it did not arrive as it was sent; it is sent through/);
    expect(readFileSync(join(there, 'x'), 'utf8')).toBe('as before');
    expect(readdirSync(there)).toEqual(['x']);
  });

  test('never takes the place of a folder', async () => {
    const { remote, how } = await connected();
    const there = folder();
    mkdirSync(join(there, 'x'));
    expect(await sendBigFile(remote, big(), join(there, 'x'), how)).toBe(false);
    expect(readdirSync(there)).toEqual(['x']);
    expect(statSync(join(there, 'x')).isDirectory()).toBe(true);
  });

  test('that is called off leaves nothing there, and the connection open', async () => {
    const { remote, how } = await connected();
    const [file, there] = [join(folder(), 'huge'), folder()];
    execFileSync('truncate', ['-s', '200M', file]);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('no more'));
    const sending = sendBigFile(remote, file, join(there, 'x'), { ...how, onProgress, signal: stop.signal });
    await expect(sending).rejects.toThrow('no more');
    await expect.poll(() => readdirSync(there)).toEqual([]);
    expect((await remote.exec('echo up')).stdout).toBe('up\n');
  });

  test('is not what is small, a link, or meant for where nothing can be written', async () => {
    const { remote, how, said } = await connected();
    const [here, there] = [folder(), folder()];
    writeFileSync(join(here, 'small'), 'small');
    symlinkSync(big(), join(here, 'link'));
    for (const name of ['small', 'link'])
      expect(await sendBigFile(remote, join(here, name), join(there, name), how)).toBe(false);
    expect(await sendBigFile(remote, big(), '/proc/nowhere/x', how)).toBe(false);
    expect([...readdirSync(there), ...said]).toEqual([]);
  });
});

describe('from a node, a big file', () => {
  const bring = async (source: string, options: SshServerOptions = {}, user = 'root') => {
    const { remote, how, said, steps } = await connected(options, user);
    const home = join(folder(), 'new/home');
    return { came: await bringBigFile(remote, source, home, how), home, said, steps };
  };

  test.each(['root', 'joe'])('comes by SFTP with its mode and its time; the login is %s', async (user) => {
    const { came, home, said, steps } = await bring(big("a 'name' ü"), programs(sudo), user);
    expect([came, said]).toEqual([bytes.length, []]);
    isAsSent(home);
    expect(steps.at(-1)).toBe(bytes.length);
  });

  test('has no mode beyond the umask’s, and is nobody else’s program', async () => {
    const file = big();
    execFileSync('chmod', ['6777', file]);
    const { home } = await bring(file);
    expect(statSync(home).mode & 0o7777).toBe(0o777 & ~process.umask());
  });

  test.each(withoutSftp)('is left to the channel, and that is told, where %s', async (_, options) => {
    const { came, home, said } = await bring(big(), options);
    expect(came).toBeUndefined();
    expect(said).toEqual([
      expect.stringMatching(/big could not be brought to .*; it comes through the channel$/),
    ]);
    expect(existsSync(home)).toBe(false);
  });

  test('that changes while it comes is left to the channel', async () => {
    const file = big();
    const grow = programs({ sha256sum: `tr a b | /usr/bin/sha256sum` });
    const { came, home, said } = await bring(file, grow);
    expect([came, existsSync(home)]).toEqual([undefined, false]);
    expect(said.join()).toMatch(/what came of .*big is not what is there; it comes through the channel/);
  });

  test('that only grows comes as it was when it was looked at', async () => {
    const file = big();
    const { remote, how } = await connected();
    const home = join(folder(), 'home');
    const growing: Pick<Remote, 'downloadFile' | 'uploadFile' | 'user' | 'lost'> = {
      uploadFile: (...args) => remote.uploadFile(...args),
      user: remote.user,
      lost: remote.lost,
      downloadFile: async (...args) => {
        await remote.downloadFile(...args);
        appendFileSync(file, 'more');
      },
    };
    expect(await bringBigFile(growing, file, home, how)).toBe(bytes.length);
    expect(readFileSync(home).equals(bytes)).toBe(true);
  });

  test('is not what is small, a link, a folder, nothing at all, or has holes', async () => {
    const there = folder();
    writeFileSync(join(there, 'small'), 'small');
    symlinkSync(big(), join(there, 'link'));
    execFileSync('truncate', ['-s', '1G', join(there, 'holes')]);
    for (const name of ['small', 'link', '.', 'nothing', 'holes']) {
      const { came, home, said } = await bring(join(there, name));
      expect([came, existsSync(home), said]).toEqual([undefined, false, []]);
    }
  });

  test('never comes through a link that has its name', async () => {
    const { remote, how } = await connected();
    const here = folder();
    symlinkSync(join(here, 'precious'), join(here, 'home'));
    writeFileSync(join(here, 'precious'), 'ours');
    expect(await bringBigFile(remote, big(), join(here, 'home'), how)).toBeUndefined();
    expect(readFileSync(join(here, 'precious'), 'utf8')).toBe('ours');
    expect(lstatSync(join(here, 'home')).isSymbolicLink()).toBe(true);
  });
});
