import type { Needs } from '../store/tables.ts';

export interface NewJob {
  /** Of the submitter's choosing: the same one again is the same job. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly needs: Needs;
  /** Kept as it is, for whoever does the job. */
  readonly spec: Record<string, unknown>;
  readonly submitter: string;
  readonly priority?: number | undefined;
  readonly notBefore?: Date | undefined;
  /** How often it is begun at most, when workers are lost meanwhile. */
  readonly attempts?: number | undefined;
  /** Seconds that an attempt may take. */
  readonly timeLimit?: number | undefined;
  /** Ids of jobs that must have passed before. */
  readonly after?: readonly string[] | undefined;
  /** Which matrix it is a cell of, and which one. */
  readonly matrix?: string | undefined;
  readonly cell?: Readonly<Record<string, string>> | undefined;
}

/** One attempt at a job, by which all that its worker says is fenced. */
export interface AttemptKey {
  readonly job: string;
  /** Counted from 1 over the job's whole life. */
  readonly number: number;
}

export interface Claim extends AttemptKey {
  readonly type: string;
  readonly name: string;
  readonly submitter: string;
  readonly spec: Record<string, unknown>;
  readonly leaseSeconds: number;
  /** Seconds after which the server ends it. */
  readonly timeLimit: number | null;
}

export interface ClaimWishes {
  readonly worker: string;
  /** Id of the token that it came with. */
  readonly token: string;
  /** The same claim asked for again gives the same attempt: a lost answer strands nothing. */
  readonly request: string;
  /** How long the attempt is believed to be alive without a `beat`. */
  readonly leaseSeconds: number;
}

/**
 * What a worker that claims gets. Nothing when it is not known or has left (`gone`), came with another token
 * than it registered with (`foreign`), is to end (`draining`), is paused, has its slots full (`busy`), or
 * there is `none` for workers of its `kind`, those that can do the same.
 */
export type Standing =
  | { readonly standing: 'claimed'; readonly claim: Claim }
  | { readonly standing: 'none'; readonly kind: string }
  | { readonly standing: 'gone' | 'foreign' | 'draining' | 'paused' | 'busy' };

/**
 * `again` when this very result is known; `stale` when the attempt is not the one under way; `unknown` when
 * there is none, and `foreign` when it is another worker's.
 */
export type Settled = 'settled' | 'again' | 'stale' | 'unknown' | 'foreign';
