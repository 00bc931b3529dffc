import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';
import { present } from '../../../common/present.ts';
import type { SshAlgorithms } from '../ssh-target.ts';

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/**
 * What to offer to a server: what was chosen, else ssh2's own. Of host keys those types come first that are
 * known of the host (`preferred`), unless the order was chosen.
 */
export function chosenAlgorithms(
  chosen: SshAlgorithms | undefined,
  preferred: readonly string[],
): Algorithms {
  const { kex, cipher, mac, hostKey } = chosen ?? {};
  const types = preferred.flatMap(signatureAlgorithms);
  // The whole list: ssh2's `prepend` leaves those where they are that it has already.
  const known = types.length > 0 ? [...new Set([...types, ...hostKeyAlgorithms])] : undefined;
  // ssh2 says itself where it knows one of them not.
  return present({ kex, cipher, hmac: mac, serverHostKey: hostKey ?? known }) as Algorithms;
}

/** An RSA key is asked for by the name of its signature's hash (RFC 8332). */
const signatureAlgorithms = (type: string): readonly ServerHostKeyAlgorithm[] =>
  type === 'ssh-rsa'
    ? ['rsa-sha2-512', 'rsa-sha2-256']
    : hostKeyAlgorithms.filter((algorithm) => algorithm === type);
