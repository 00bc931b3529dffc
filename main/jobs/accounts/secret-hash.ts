import { createHash } from 'node:crypto';

/** What is kept of a secret of 256 random bits; it gives nothing away of those. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
