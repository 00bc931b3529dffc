import { randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';

/** An ed25519 host key in OpenSSH's formats, made beforehand so that the first connection is verified. */
export function hostKeyPair(): { hostKey: string; publicHostKey: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519');
  return { hostKey: pair.private, publicHostKey: pair.public };
}

/** As machine-id(5) wants it: 32 hex digits. */
export const machineId = (): string => randomBytes(16).toString('hex');
