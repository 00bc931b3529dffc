// What a person types: programs started by bash, and OpenSSH's client.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostMirror } from '../../main/providers/debian/apt-mirror.ts';
import { recipe } from '../../main/providers/debian/build-tree-script.ts';
import type { Target } from './ours.ts';

/** Runs a script in a bash of its own, with `$1` and so on. Throws when it fails. */
export const bash = (script: string, ...args: string[]): unknown =>
  execFileSync('bash', ['-c', `set -e; PATH=$PATH:/usr/sbin:/sbin\n${script}`, 'bash', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** A target whose port may be the name of a variable of the shell. */
interface ByHandTarget extends Omit<Target, 'port'> {
  readonly port: number | string;
}

/** OpenSSH's words for a target; `directory` is for its known_hosts. */
export function openSsh({ host, port, user, keyFile, hostKey }: ByHandTarget, directory: string): string[] {
  const known = join(directory, 'known_hosts');
  writeFileSync(known, `bench ${hostKey}\n`);
  const options = {
    HostKeyAlias: 'bench',
    UserKnownHostsFile: known,
    StrictHostKeyChecking: 'yes',
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '5',
    LogLevel: 'QUIET',
  };
  const flags = Object.entries(options).map(([name, value]) => `-o${name}=${value}`);
  return ['-Fnone', ...flags, ...(keyFile ? ['-i', keyFile] : []), '-p', `${port}`, `${user}@${host}`];
}

/** Lines that ask `true` of the target by OpenSSH until it answers. */
export const untilSsh = (target: ByHandTarget, directory: string): string => `
tries=0
until ssh ${openSsh(target, directory).join(' ')} true; do
  tries=$((tries + 1)); [ $tries -lt 3000 ]; sleep 0.02
done
`;

/**
 * Lines that build a Debian with an sshd in the folder `$tree`, with what our
 * own trees have in them, and more.
 */
export async function buildTree(more: string[] = [], hooks: string[] = []): Promise<string> {
  const { main } = await hostMirror();
  const words = [recipe.finish, ...hooks].map(
    (hook) => `--customize-hook='${hook.replaceAll("'", "'\\''")}'`,
  );
  const packages = [...recipe.packages, ...more].join(',');
  return `mmdebstrap --quiet --mode=root --variant=minbase --include=${packages} ${words.join(' ')} bookworm "$tree" ${main}\n`;
}

/**
 * What lets us into a tree whose root is `$1`: a key to log in with and the
 * host's own, in files in `directory`.
 */
export const keysFrom = (directory: string): string =>
  [
    'install -d -m 700 "$1/root/.ssh"',
    `install -m 600 ${directory}/authorized_keys "$1/root/.ssh/"`,
    `install -m 600 ${directory}/host_key "$1/etc/ssh/ssh_host_ed25519_key"`,
  ].join('; ');
