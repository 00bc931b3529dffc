import { z } from 'zod';
import { sha256 } from './packages/file-tree.ts';
import { progressView } from './progress.ts';
import { jobSecret } from './secrets/job-secret.ts';

/** A name, and what else is told in a few words. */
export const word = z.string().min(1).max(200);

/** A job as it is submitted. What only its worker understands is kept. */
export const submission = z.looseObject({
  /** Of the submitter's choosing; the same one again gives the same job. */
  id: z.uuid().optional(),
  type: word,
  name: word.optional(),
  platform: word.optional(),
  labels: z.array(word).max(100).default([]),
  /** The higher, the sooner. */
  priority: z.number().int().min(-1000).max(1000).default(0),
  /** Not begun before then (RFC 3339). */
  notBefore: z.iso.datetime({ offset: true }).optional(),
  /** How often it is begun at most, when workers are lost meanwhile. */
  attempts: z.number().int().min(1).max(10).default(2),
  /** For its worker alone: kept encrypted, shown to nobody, deleted when the job is over. */
  secrets: z.array(jobSecret).max(100).default([]),
  /** Seconds that one attempt may take; the server ends it then, whatever its worker does. */
  timeLimit: z.number().min(1).max(2_592_000).optional(),
  /**
   * Jobs, matrices of jobs, or what a schedule began last (`schedule:NAME`), that must have passed before.
   */
  after: z.array(word).max(1000).optional(),
  /** Its place in the matrix that it is submitted with: a value for each axis. */
  cell: z.record(z.string().max(200), z.string().max(1000)).optional(),
  /** What travels with it: a package that was uploaded before. */
  package: sha256.optional(),
});

/** The jobs of a matrix, each with its cell. */
export const matrixJobs = z
  .array(submission.refine(({ cell }) => cell !== undefined, 'each job of a matrix has a `cell`'))
  .min(1)
  .max(256);

export const verdict = z.enum(['pass', 'fail', 'error']);

const attemptView = z.object({
  number: z.number(),
  worker: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  outcome: z.enum(['done', 'lost', 'cancelled', 'timeout']).nullable(),
  result: z.unknown(),
  /** How far it came; null where it told no events. */
  progress: progressView.nullable(),
});

export const jobState = z.enum(['queued', 'running', 'done', 'cancelled', 'lost', 'skipped']);

/** What a job that waits is waiting for. */
export const waitingReason = z.enum([
  'not-before',
  'dependency',
  'no-worker',
  'worker-gone',
  'worker-draining',
  'worker-paused',
  'worker-busy',
  'quota',
  'worker',
]);

export const jobView = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  submitter: z.string(),
  priority: z.number(),
  state: jobState,
  verdict: verdict.nullable(),
  /** The matrix that it was submitted with, and its place there. */
  matrix: z.string().nullable(),
  cell: z.record(z.string(), z.string()).nullable(),
  /** Why it was skipped. */
  note: z.string().nullable(),
  labels: z.array(z.string()),
  createdAt: z.string(),
  /** When its newest attempt began. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  /** Whether it is kept, however old it gets. */
  pinned: z.boolean(),
  /** Why a job that waits does so, in a sentence; this and what follows are absent for any other. */
  waiting: z.string().optional(),
  waitingFor: waitingReason.optional(),
  /** When a worker for it is free, as far as past jobs tell; null when they do not. */
  expectedStart: z.string().nullable().optional(),
});

/** With its newest attempt's progress beside its own fields. */
export const wholeJobView = jobView.extend({
  spec: z.looseObject({}),
  timeLimit: z.number().nullable(),
  /** Jobs that must have passed before. */
  after: z.array(
    z.object({ id: z.string(), name: z.string(), state: jobState, verdict: verdict.nullable() }),
  ),
  attempts: z.array(attemptView),
  ...progressView.shape,
});

export const artifactView = z.object({
  attempt: z.number(),
  path: z.string(),
  sha256: z.string(),
  size: z.number(),
});

export type Submission = z.input<typeof submission>;
export type WaitingReason = z.infer<typeof waitingReason>;
export type JobView = z.infer<typeof jobView>;
export type WholeJobView = z.infer<typeof wholeJobView>;
export type ArtifactView = z.infer<typeof artifactView>;
