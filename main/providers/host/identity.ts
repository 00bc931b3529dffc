import { randomBytes } from 'node:crypto';
import { ssh2 } from '../../remotes/ssh2.ts';

/** `string "ssh-ed25519"` and `string key` (RFC 8709, section 4): 4 + 11 + 4 + 32 bytes. */
const publicKeyBytes = 51;

/**
 * An ed25519 host key in OpenSSH's formats, made beforehand so that the first connection is verified. One in
 * 256 that ssh2 makes has lost a leading zero, and sshd then has no host key
 * (github.com/mscdex/ssh2/issues/1390).
 */
export function hostKeyPair(): { hostKey: string; publicHostKey: string } {
  for (;;) {
    const pair = ssh2().utils.generateKeyPairSync('ed25519');
    const [, blob = ''] = pair.public.split(' ');
    if (Buffer.from(blob, 'base64').length === publicKeyBytes) {
      return { hostKey: pair.private, publicHostKey: pair.public };
    }
  }
}

/** As machine-id(5) wants it: 32 hex digits. */
export const machineId = (): string => randomBytes(16).toString('hex');
