import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { loginForNewMachines } from '../../../main/providers/login-for-new-machines.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'key-'));
const publicKey = /^ssh-ed25519 AAAA\S+ shakedown$/;

test('a key of our own is made once, for its owner alone, and serves again', async () => {
  const cache = folder();
  const login = await loginForNewMachines({ user: 'joe' }, cache);
  expect(login).toEqual({
    user: 'joe',
    keyFile: join(cache, 'ssh', 'id_ed25519'),
    publicKey: expect.stringMatching(publicKey),
  });
  expect(statSync(join(cache, 'ssh')).mode & 0o777).toBe(0o700);
  const key = readFileSync(login.keyFile ?? '', 'utf8');
  expect(await loginForNewMachines({ user: 'joe' }, cache)).toEqual(login);
  expect(readFileSync(login.keyFile ?? '', 'utf8')).toBe(key);
});

test('the public half of a named key is read beside it, or from the key itself', async () => {
  const keyFile = join(folder(), 'id');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'shakedown', '-f', keyFile]);
  const written = readFileSync(`${keyFile}.pub`, 'utf8').trim();
  expect(await loginForNewMachines({ keyFile }, folder())).toEqual({ keyFile, publicKey: written });
  rmSync(`${keyFile}.pub`);
  expect(await loginForNewMachines({ keyFile }, folder())).toEqual({ keyFile, publicKey: written });
  writeFileSync(`${keyFile}.pub`, 'ssh-ed25519 AAAA me\n');
  const login = await loginForNewMachines({ keyFile }, folder());
  expect(login.publicKey).toBe('ssh-ed25519 AAAA me');
});

test('a key that is none is told, with what to do', async () => {
  const keyFile = join(folder(), 'id');
  writeFileSync(keyFile, 'nonsense', { mode: 0o600 });
  await expect(loginForNewMachines({ keyFile }, folder())).rejects.toMatchObject({
    message: expect.stringContaining(`cannot read the public half of ${keyFile}`),
    details: { hint: `put it beside the key: ssh-keygen -y -f ${keyFile} > ${keyFile}.pub` },
  });
});
