import { z } from 'zod';
import { matrixJobs, submission } from './protocol.ts';
import { recipeName } from './recipe-protocol.ts';

/** A schedule as it is made: when, and what is submitted then. */
export const newSchedule = z
  .strictObject({
    name: recipeName,
    /** As crontab(5) has it: `30 2 * * MON-FRI`. */
    cron: z.string().max(200),
    /** Of the IANA database: `Europe/Berlin`. */
    zone: z.string().max(100).default('UTC'),
    /** What becomes of times that were missed: left out, made up for once, or each of them. */
    missed: z.enum(['skip', 'once', 'all']).default('skip'),
    /** Whether a job is begun while the one before is not over. */
    overlap: z.boolean().default(false),
    /** What `POST /api/jobs` takes; or, in its place, `jobs`. */
    submission: submission.optional(),
    /** What `POST /api/matrices` takes: all of them at each time. */
    jobs: matrixJobs.optional(),
  })
  .refine(
    ({ submission: one, jobs }) => (one === undefined) !== (jobs === undefined),
    'either `submission` or `jobs` is needed',
  );

export const scheduleView = z.object({
  name: z.string(),
  cron: z.string(),
  zone: z.string(),
  missed: z.enum(['skip', 'once', 'all']),
  overlap: z.boolean(),
  /** As it was made, with the names of the secrets alone; one of these two. */
  submission: z.looseObject({ type: z.string() }).optional(),
  jobs: z.array(z.looseObject({ type: z.string() })).optional(),
  submitter: z.string(),
  paused: z.boolean(),
  /** The next times, the nearest first; none while it is paused. */
  next: z.array(z.string()),
  lastAt: z.string().nullable(),
  /** The job that it began last; null when there was none, or it is not kept any more. */
  lastJob: z.string().nullable(),
  /** The matrix of that. */
  lastMatrix: z.string().nullable(),
  /** Why not all went as its expression says. */
  note: z.string().nullable(),
});

export type NewSchedule = z.input<typeof newSchedule>;
export type ScheduleView = z.output<typeof scheduleView>;
