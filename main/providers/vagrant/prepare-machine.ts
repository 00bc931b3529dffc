import { ShakedownError } from '../../../common/errors.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { SshTarget } from '../../remotes/ssh-target.ts';
import { shellFile } from '../host/shell-file.ts';
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
 * Logs in as vagrant does, authorizes the login of the cluster, and looks at the machine's addresses. With
 * `hosts` the machine gets its name and knows the others by theirs. Throws ShakedownError.
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
  const { user = target.user, publicKey } = login;
  const values = { vagrant_user: target.user, user, public_key: publicKey };
  const done = await remote.exec(shellFile(import.meta.dirname, 'authorize.sh', values), {
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
 * Gives the machine its name and the names of all, and takes away the key of vagrant's that everybody knows,
 * for which `publicKey` stands in. Throws ShakedownError.
 */
export async function admitMachine(
  target: SshTarget,
  { name, hosts, publicKey }: Membership,
  signal: AbortSignal,
): Promise<void> {
  await using remote = await connectSsh(target, { signal, timeout: patience });
  const script = shellFile(import.meta.dirname, 'admit-machine.sh', {
    name,
    hosts: hosts.map((host) => `${host.address} ${host.name}`).join('\n'),
    vagrant_user: target.user,
    public_key: publicKey,
  });
  const done = await remote.exec(script, { signal, timeout: patience, root: true });
  if (done.exitCode === 0) return;
  throw new ShakedownError({
    message: `could not give the machine '${name}' its name and keys`,
    phase: 'machines',
    exitCode: done.exitCode,
    lastLines: done.stderr.trim().split('\n').slice(-8),
  });
}
