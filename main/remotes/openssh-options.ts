import type { SshTarget } from './ssh-target.ts';

/**
 * What OpenSSH must be told, besides addresses, keys and files of host keys, to go the way that we go:
 * keywords of ssh_config(5) and their values.
 */
export function opensshOptions(target: SshTarget): readonly (readonly [keyword: string, value: string])[] {
  const { addressFamily, algorithms = {}, setEnv, sendEnv } = target;
  const yes = (flag: boolean | undefined) => (flag ? 'yes' : undefined);
  const options: readonly (readonly [string, string | undefined])[] = [
    ['AddressFamily', addressFamily && (addressFamily === 4 ? 'inet' : 'inet6')],
    ['BindAddress', target.bindAddress],
    ['BindInterface', target.bindInterface],
    ['PubkeyAcceptedAlgorithms', target.keyAlgorithms?.join(',')],
    ['KexAlgorithms', algorithms.kex?.join(',')],
    ['Ciphers', algorithms.cipher?.join(',')],
    ['MACs', algorithms.mac?.join(',')],
    ['HostKeyAlgorithms', algorithms.hostKey?.join(',')],
    ['RevokedHostKeys', target.revokedHostKeys && `"${target.revokedHostKeys.replaceAll('%', '%%')}"`],
    ['NoHostAuthenticationForLocalhost', yes(target.acceptAnyOnLoopback)],
    ['HashKnownHosts', yes(target.hashKnownHosts)],
    [
      'SetEnv',
      setEnv &&
        Object.entries(setEnv)
          .map(([name, value]) => `"${name}=${value}"`)
          .join(' '),
    ],
    ['SendEnv', sendEnv?.join(' ')],
  ];
  return options.flatMap(([keyword, value]) => (value === undefined ? [] : [[keyword, value] as const]));
}

/** The value of StrictHostKeyChecking that stands for what a target says. */
export const strictness = ({ acceptNewHostKey, acceptChangedHostKey }: SshTarget): string =>
  acceptChangedHostKey ? 'no' : acceptNewHostKey ? 'accept-new' : 'yes';
