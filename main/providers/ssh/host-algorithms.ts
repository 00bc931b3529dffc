import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { SshAlgorithms } from '../../remotes/ssh-target.ts';
import type { HostSettings } from './host-settings.ts';

/** What ssh2 can (its README, `algorithms`), by the keyword that chooses among them. */
const algorithmsOfSsh2 = {
  kexalgorithms: [
    ...['curve25519-sha256', 'curve25519-sha256@libssh.org'],
    ...['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'],
    ...['diffie-hellman-group-exchange-sha256', 'diffie-hellman-group14-sha256'],
    ...['diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512'],
    ...['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  ],
  ciphers: [
    ...['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
    ...['aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'aes128-cbc', 'aes192-cbc', 'aes256-cbc', '3des-cbc'],
  ],
  macs: [
    ...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha1-etm@openssh.com'],
    ...['hmac-sha2-256', 'hmac-sha2-512', 'hmac-sha1', 'hmac-md5'],
  ],
  hostkeyalgorithms: [
    ...['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
    ...['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
  ],
} as const;

const names = {
  kexalgorithms: 'KexAlgorithms',
  ciphers: 'Ciphers',
  macs: 'MACs',
  hostkeyalgorithms: 'HostKeyAlgorithms',
} as const;

/**
 * The algorithms that a configuration chooses, without those that ssh2 lacks. Throws
 * UsageError where none is left.
 */
export function hostAlgorithms(settings: HostSettings, address: string): SshAlgorithms | undefined {
  const chosen = (keyword: keyof typeof names): readonly string[] | undefined => {
    const written = settings.get(keyword)?.[0];
    // What does not come from ssh itself may change a default list that we do not know.
    if (written === undefined || /^[-+^]/.test(written)) return undefined;
    const wanted = written.split(',');
    const left = wanted.filter((name) => algorithmsOfSsh2[keyword].some((each) => each === name));
    if (left.length > 0) return left;
    throw new UsageError(`~/.ssh/config: of the ${names[keyword]} for ${address} ssh2 has none: ${written}`, {
      hint: `add one of these: ${algorithmsOfSsh2[keyword].join(', ')}`,
    });
  };
  const algorithms = present({
    kex: chosen('kexalgorithms'),
    cipher: chosen('ciphers'),
    mac: chosen('macs'),
    hostKey: chosen('hostkeyalgorithms'),
  });
  return Object.keys(algorithms).length > 0 ? algorithms : undefined;
}
