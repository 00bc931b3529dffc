import { ShakedownError } from '../../../common/errors.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import { quote } from '../host/root-script.ts';
import type { Login } from '../provider.ts';
import { type GuestAddress, parseAddresses } from './shared-network.ts';

/** A machine as it is seen from inside, once the login is authorized. */
export interface PreparedMachine {
  readonly addresses: readonly GuestAddress[];
  /** The main host's address as the machine sees it (SSH_CONNECTION, ssh(1)). */
  readonly mainAddress: string | undefined;
}

/** Seconds: vagrant has logged in already. */
const patience = 60;

/**
 * Logs in as vagrant does, authorizes the login of the cluster, and looks at the machine's addresses. With `hosts` the
 * machine gets its name and knows the others by theirs. Throws ShakedownError.
 */
export async function prepareMachine(
  target: SshTarget,
  login: Login,
  machine: { readonly id: number; readonly name: string },
  signal: AbortSignal,
): Promise<PreparedMachine> {
  await using remote = await connectSsh(target, { signal, timeout: patience });
  const seen = await remote.exec('echo "$SSH_CONNECTION"; ip -4 -o addr show scope global', {
    signal,
    timeout: patience,
  });
  const done = await remote.exec(authorizeScript(target.user, login), {
    signal,
    timeout: patience,
    root: true,
  });
  if (done.exitCode !== 0) {
    throw new ShakedownError({
      message: 'could not authorize the login on a machine that vagrant made',
      node: machine.id,
      phase: 'machines',
      exitCode: done.exitCode,
      lastLines: done.stderr.trim().split('\n').slice(-8),
      hint: `'${target.user}' must be root or have sudo without a password`,
    });
  }
  const [from = ''] = seen.stdout.split(/\s/);
  return {
    addresses: parseAddresses(seen.stdout),
    mainAddress: /^[\d.]+$/.test(from) ? from : undefined,
  };
}

/** What makes a machine of a box one of the cluster. */
export interface Membership {
  readonly name: string;
  /** All machines of the cluster. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  /** For vagrant to log in by from now on, as in authorized_keys. */
  readonly publicKey: string;
}

/**
 * Gives the machine its name and the names of all, and takes away the key of vagrant's that everybody knows, for which
 * `publicKey` stands in. Throws ShakedownError.
 */
export async function admitMachine(
  target: SshTarget,
  { name, hosts, publicKey }: Membership,
  signal: AbortSignal,
): Promise<void> {
  await using remote = await connectSsh(target, { signal, timeout: patience });
  const lines = hosts.map((host) => `${host.address} ${host.name}`).join('\n');
  const script = `
name=${quote(name)}
echo "$name" > /etc/hostname && hostname "$name"
sed -i '/# shakedown$/d' /etc/hosts
printf '%s\\n' ${quote(lines)} | sed 's/$/ # shakedown/' >> /etc/hosts
keys=$(getent passwd ${quote(target.user)} | cut -d: -f6)/.ssh/authorized_keys
echo ${quote(publicKey)} >> "$keys"
sed -i '/vagrant insecure public key/d' "$keys"`;
  const done = await remote.exec(script, { signal, timeout: patience, root: true });
  if (done.exitCode === 0) return;
  throw new ShakedownError({
    message: `could not give the machine '${name}' its name and keys`,
    phase: 'machines',
    exitCode: done.exitCode,
    lastLines: done.stderr.trim().split('\n').slice(-8),
  });
}

/** The public key for vagrant's user, and for the login's, who gets an account and sudo if there is none yet. */
function authorizeScript(vagrantUser: string, { user = vagrantUser, publicKey = '' }: Login): string {
  const account =
    user === 'root' || user === vagrantUser
      ? ''
      : `id -u ${quote(user)} >/dev/null 2>&1 || useradd -m -s /bin/bash ${quote(user)}
printf '%s ALL=(ALL:ALL) NOPASSWD: ALL\\n' ${quote(user)} > /etc/sudoers.d/shakedown
chmod 440 /etc/sudoers.d/shakedown`;
  return `set -e
${account}
for user in ${[...new Set([vagrantUser, user])].map(quote).join(' ')}; do
  home=$(getent passwd "$user" | cut -d: -f6)
  mkdir -p -m 700 "$home/.ssh"
  touch "$home/.ssh/authorized_keys"
  grep -qxF ${quote(publicKey)} "$home/.ssh/authorized_keys" || printf '%s\\n' ${quote(publicKey)} >> "$home/.ssh/authorized_keys"
  chmod 600 "$home/.ssh/authorized_keys"
  chown "$user:" "$home/.ssh" "$home/.ssh/authorized_keys"
done`;
}
