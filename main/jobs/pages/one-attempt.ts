import type { WholeJobView } from '../protocol.ts';
import { Problem } from '../server/problem.ts';
import type { Views } from '../server/views.ts';

/** A job and which attempt of it a page shows: the one that was asked for, else the newest. */
export interface ShownAttempt {
  readonly job: WholeJobView;
  /** Counted from 1; 1 while there is none. */
  readonly number: number;
  /** Nothing more will be said in it. */
  readonly isOver: boolean;
}

/** Throws Problem when there is no such job or attempt. */
export async function shownAttempt(views: Views, id: string, asked?: number): Promise<ShownAttempt> {
  const job = await views.job(id);
  if (!job) throw new Problem(404, `there is no job ${id}`);
  const newest = job.attempts.at(-1)?.number ?? 1;
  const number = asked ?? newest;
  const attempt = job.attempts.find((each) => each.number === number);
  if (!attempt && number !== newest) throw new Problem(404, `there is no attempt ${number} at job ${id}`);
  const jobIsOver = job.state !== 'queued' && job.state !== 'running';
  return { job, number, isOver: attempt ? attempt.endedAt !== null : jobIsOver };
}
