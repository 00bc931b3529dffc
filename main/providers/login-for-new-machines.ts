import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { ShakedownError } from '../../common/errors.ts';
import type { Login } from './provider.ts';

/**
 * The login for machines that we make: the user's key if one is named, else a key of our own, made once per
 * cache folder. Throws ShakedownError when the public half cannot be had.
 */
export async function loginForNewMachines(login: Login, cacheDir: string): Promise<Login> {
  const keyFile = login.keyFile ?? (await ownKey(cacheDir));
  return { ...login, keyFile, publicKey: login.publicKey ?? (await publicHalf(keyFile)) };
}

async function ownKey(cacheDir: string): Promise<string> {
  const file = join(cacheDir, 'ssh', 'id_ed25519');
  if (existsSync(`${file}.pub`)) return file;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const made = await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'shakedown', '-f', file], {
    reject: false,
    input: 'n\n',
  });
  if (existsSync(`${file}.pub`)) return file;
  throw new ShakedownError({
    message: `could not make an ssh key in ${dirname(file)}: ${made.stderr || made.message}`,
    hint: 'install openssh-client, or name a key with --key',
  });
}

async function publicHalf(keyFile: string): Promise<string> {
  if (existsSync(`${keyFile}.pub`)) return (await readFile(`${keyFile}.pub`, 'utf8')).trim();
  const shown = await execa('ssh-keygen', ['-y', '-P', '', '-f', keyFile], { reject: false });
  if (shown.exitCode === 0) return shown.stdout.trim();
  throw new ShakedownError({
    message: `cannot read the public half of ${keyFile}: ${shown.stderr || shown.message}`,
    hint: `put it beside the key: ssh-keygen -y -f ${keyFile} > ${keyFile}.pub`,
  });
}
