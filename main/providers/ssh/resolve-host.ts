import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { UsageError } from '../../../common/errors.ts';
import type { HostQuery, HostSettings } from './host-settings.ts';

/**
 * What OpenSSH's configuration says of a host, as ssh itself works it out (ssh(1), -G): with
 * Include, and with Match by whatever it is, `exec` included. `configFile` is read instead of
 * `~/.ssh/config` and the system's. No settings where there is no ssh and no file for it. Throws
 * UsageError with ssh's words, which name file and line.
 */
export async function resolveHost(
  { address, user, port }: HostQuery,
  configFile?: string,
): Promise<HostSettings> {
  const file = configFile ?? ownFile();
  if (configFile !== undefined && !existsSync(configFile)) return new Map();
  const args = [
    ...(file === undefined ? [] : ['-F', file]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
  ];
  // Without a terminal: a command of the configuration's must not read what is ours to read.
  const { exitCode, stdout, stderr, code, message } = await execa('ssh', ['-G', ...args, '--', address], {
    stdin: 'ignore',
    reject: false,
  });
  if (exitCode === 0) return settingsOf(stdout ?? '');
  const named = file ?? join(homedir(), '.ssh/config');
  if (code === 'ENOENT') {
    if (!existsSync(named)) return new Map();
    throw new UsageError(`${named} cannot be followed: there is no ssh on this main host.`, {
      hint: 'apt-get install openssh-client',
    });
  }
  const words = (stderr || message || '').split('\n').filter((line) => !/^Pseudo-terminal/.test(line));
  throw new UsageError(`ssh cannot tell how ${address} is reached: ${words.join(' ').trim()}`, {
    hint: /jumphost loop/.test(stderr ?? '')
      ? `give ${address} a Host block of its own, before the others, with 'ProxyJump none'`
      : `ssh -G ${file === undefined ? '' : `-F ${file} `}${address}`,
  });
}

/** ssh takes the home folder of /etc/passwd; where HOME says another one, its file must be named. */
function ownFile(): string | undefined {
  if (homedir() === userInfo().homedir) return undefined;
  const file = join(homedir(), '.ssh/config');
  return existsSync(file) ? file : undefined;
}

/** The keys that ssh tries where no IdentityFile says another: they are no setting of the user's. */
const defaultKeys = /^~\/\.ssh\/id_(rsa|dsa|xmss|ecdsa|ecdsa_sk|ed25519|ed25519_sk)$/;

/**
 * Reads lines `keyword value`, the keyword in lower case; leaves out what
 * is the same for every host and user.
 */
export function settingsOf(printed: string): HostSettings {
  const settings = new Map<string, string[]>();
  for (const line of printed.split('\n')) {
    const [, keyword = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword !== '') settings.set(keyword, [...(settings.get(keyword) ?? []), value]);
  }
  if (settings.get('identityfile')?.every((file) => defaultKeys.test(file))) settings.delete('identityfile');
  const known = [join(userInfo().homedir, '.ssh/known_hosts'), join(userInfo().homedir, '.ssh/known_hosts2')];
  if (settings.get('userknownhostsfile')?.[0] === known.join(' ')) settings.delete('userknownhostsfile');
  return settings;
}
