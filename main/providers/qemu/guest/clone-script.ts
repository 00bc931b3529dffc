import { shellFile } from '../../host/shell-file.ts';

const here = import.meta.dirname;

/**
 * What a machine that goes on from a memory of the past must get anew: 64 hex digits, and ms since the epoch.
 */
export interface Fresh {
  readonly seed: string;
  readonly now: number;
}

/** For such a machine: new randomness and the time of day. */
export const freshenScript = ({ seed, now }: Fresh): string =>
  shellFile(here, 'freshen.sh', {
    seed,
    seconds: Math.floor(now / 1000),
    milliseconds: Math.floor(now % 1000),
  });

/**
 * For a clone: makes it another machine than the one whose memory it woke up with. Randomness comes
 * first, since all that comes after may need it; then the clock; who it is, by `identify`, its identity
 * script; and what follows of that. Goes between the machine's own `/net`, which sets `address`,
 * `gateway`, `mtu` and `mac`, and what comes of its shares.
 */
export const cloneScript = (
  { bootId, ...fresh }: Fresh & { readonly bootId: string },
  identify: string,
): string => [freshenScript(fresh), identify, shellFile(here, 'clone.sh', { boot_id: bootId })].join('\n');
