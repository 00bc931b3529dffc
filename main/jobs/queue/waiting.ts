import type { Capabilities, Needs } from '../store/tables.ts';
import { lacks } from './needs.ts';

/** A worker as far as waiting jobs are concerned. */
export interface KnownWorker {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly slots: number;
  readonly running: number;
  /** Heard of lately, and not gone for good. */
  readonly alive: boolean;
  readonly seenAt: Date;
}

/**
 * Why a job waits, in a sentence for people. `workers` may be in any order; one
 * that said goodbye is not among them.
 */
export function whyItWaits(
  needs: Needs,
  notBefore: Date | null,
  workers: readonly KnownWorker[],
  now: Date,
): string {
  if (notBefore && notBefore > now) return `not before ${notBefore.toISOString()}`;
  const able = workers.filter(({ capabilities }) => lacks(capabilities, needs).length === 0);
  if (able.length === 0) return `no worker offers ${offered(needs)}${nearest(needs, workers)}`;
  const alive = able.filter((worker) => worker.alive);
  if (alive.length === 0) {
    const last = able.reduce((latest, each) => (each.seenAt > latest.seenAt ? each : latest));
    return `the workers that could do it are gone: ${last.name} since ${last.seenAt.toISOString()}`;
  }
  const names = alive.map(({ name }) => name).join(', ');
  if (alive.every(({ running, slots }) => running >= slots)) return `the workers for it are busy: ${names}`;
  return `about to be taken by ${names}`;
}

const offered = (needs: Needs): string =>
  lacks({ jobtypes: [], platforms: [], labels: [] }, needs).join(', ');

/** The living worker that lacks least. */
function nearest(needs: Needs, workers: readonly KnownWorker[]): string {
  const missing = workers
    .filter(({ alive }) => alive)
    .map(({ name, capabilities }) => ({ name, lacks: lacks(capabilities, needs) }))
    .sort((a, b) => a.lacks.length - b.lacks.length);
  const [first] = missing;
  return first ? `; ${first.name} lacks ${first.lacks.join(', ')}` : '; no worker is there';
}
