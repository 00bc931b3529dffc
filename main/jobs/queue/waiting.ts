import type { WaitingReason } from '../protocol.ts';
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
  readonly draining: boolean;
  readonly pause: { readonly note: string; readonly by: string; readonly until: string | null } | null;
}

/** A job that waits. */
export interface WaitingJob {
  readonly needs: Needs;
  readonly submitter: string;
  readonly notBefore: Date | null;
  /** How many jobs of its submitter run, and may do so at once. */
  readonly quota: { readonly running: number; readonly most: number } | undefined;
  /** What it waits for, in words: other jobs, and how those stand. */
  readonly dependencies: readonly string[];
  /** When a worker is free for it; undefined when past jobs do not tell. */
  readonly expectedStart: Date | undefined;
}

export interface Waiting {
  readonly reason: WaitingReason;
  /** In a sentence for people. */
  readonly words: string;
}

/** Why a job waits. `workers` may be in any order; one that said goodbye is not among them. */
export function whyItWaits(job: WaitingJob, workers: readonly KnownWorker[], now: Date): Waiting {
  const { needs, notBefore, quota, submitter, expectedStart } = job;
  if (notBefore && notBefore > now) return { reason: 'not-before', words: `not before ${said(notBefore)}` };
  if (job.dependencies.length > 0) {
    return { reason: 'dependency', words: `comes after ${job.dependencies.join(', ')}` };
  }
  const able = workers.filter(({ capabilities }) => lacks(capabilities, needs).length === 0);
  if (able.length === 0) {
    return { reason: 'no-worker', words: `no worker offers ${offered(needs)}${nearest(needs, workers)}` };
  }
  const alive = able.filter((worker) => worker.alive);
  if (alive.length === 0) {
    const last = able.reduce((latest, each) => (each.seenAt > latest.seenAt ? each : latest));
    const words = `the workers that could do it are gone: ${last.name} since ${said(last.seenAt)}`;
    return { reason: 'worker-gone', words };
  }
  const staying = alive.filter(({ draining }) => !draining);
  if (staying.length === 0) {
    const words = `the workers for it are draining, and end after their jobs: ${names(alive)}`;
    return { reason: 'worker-draining', words };
  }
  const taking = staying.filter(({ pause }) => pause === null);
  if (taking.length === 0) {
    const words = `the workers for it are paused: ${staying.map(pausedWorker).join('; ')}`;
    return { reason: 'worker-paused', words };
  }
  if (quota && quota.running >= quota.most) {
    const words = `quota: ${quota.running} jobs of ${submitter} run, and ${quota.most} may at once`;
    return { reason: 'quota', words };
  }
  const busy = taking.every(({ running, slots }) => running >= slots);
  if (busy || (expectedStart && expectedStart > now)) {
    const when = expectedStart ? `, free by about ${said(expectedStart)}` : '';
    return { reason: 'worker-busy', words: `the workers for it are busy: ${names(taking)}${when}` };
  }
  return { reason: 'worker', words: `about to be taken by ${names(taking)}` };
}

const said = (time: Date): string => time.toISOString();

/** As many as one reads. */
function names(workers: readonly KnownWorker[]): string {
  const shown = workers.slice(0, 5).map(({ name }) => name);
  const more = workers.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function pausedWorker({ name, pause }: KnownWorker): string {
  const note = pause?.note ? `, '${pause.note}'` : '';
  return `${name} by ${pause?.by ?? ''}${note}, until ${pause?.until ?? 'it is resumed'}`;
}

const offered = (needs: Needs): string =>
  lacks({ jobtypes: [], platforms: [], labels: [] }, needs).join(', ');

/** The living workers that lack least, and what that is. */
function nearest(needs: Needs, workers: readonly KnownWorker[]): string {
  const missing = workers
    .filter(({ alive }) => alive)
    .map(({ name, capabilities }) => ({ name, lacks: lacks(capabilities, needs) }))
    .sort((a, b) => a.lacks.length - b.lacks.length);
  const [first] = missing;
  if (!first) return '; no worker is there';
  const near = missing.filter((each) => each.lacks.length === first.lacks.length);
  // Several workers may have one name.
  const said = new Set(near.map((each) => `; ${each.name} lacks ${each.lacks.join(', ')}`));
  return [...said].slice(0, 3).join('');
}
