import { z } from 'zod';
import { sha256 } from './packages/file-tree.ts';
import { progressView } from './progress.ts';
import { claimedBuild } from './recipe-protocol.ts';
import { jobSecret } from './secrets/job-secret.ts';

/** What workers and servers say to each other; a worker with another number is refused. */
export const protocolVersion = 1;

const word = z.string().min(1).max(200);
const words = z.union([word, z.array(word).max(100)]).transform((said) => [said].flat());

/** A worker that introduces itself. What else it says of its capabilities is kept. */
export const registration = z.strictObject({
  protocol: z.number().int(),
  name: word,
  capabilities: z.looseObject({
    jobtypes: words,
    platforms: words.default([]),
    labels: words.default([]),
  }),
  slots: z.number().int().min(1).max(1000).default(1),
  /** Seconds between two heartbeats. */
  beatSeconds: z.number().min(1).max(86_400).default(60),
  client_info: z.looseObject({}).default({}),
});

const pause = z.object({
  note: z.string(),
  /** Who said so: the name of a token. */
  by: z.string(),
  since: z.string(),
  /** Null until it is taken back. */
  until: z.string().nullable(),
});
/** What a worker hears: it gets no jobs while it is paused, and ends after its jobs when it is draining. */
export const beatAnswer = z.object({ draining: z.boolean(), pause: pause.nullable() });
export const pauseRequest = z.strictObject({
  /** For those who wait. */
  note: z.string().max(1000).default(''),
  /** Until it is taken back unless told. */
  seconds: z.number().min(1).max(31_536_000).optional(),
});

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

export const claimRequest = z.strictObject({
  worker: word,
  /** Of the worker's choosing; the same one again gives the same attempt. */
  request: word,
  /** Seconds that the answer may wait for a job. */
  wait: z.number().min(0).max(60).default(0),
  /** Seconds that the attempt counts as alive without being renewed. */
  lease: z.number().min(1).max(604_800).default(10),
});

export const verdict = z.enum(['pass', 'fail', 'error']);
export const resultReport = z.strictObject({ verdict, result: z.json() });
/** Events of an attempt in their order, as `run --json` prints them; `from` counts those before them. */
export const eventsReport = z.strictObject({
  from: z.number().int().min(0),
  events: z.array(z.looseObject({ type: word })).max(1000),
});

export const role = z.enum(['admin', 'submit', 'worker', 'read']);

export const claimAnswer = z.object({
  job: z.string(),
  /** Which attempt at the job it is, counted from 1. */
  number: z.number(),
  type: z.string(),
  name: z.string(),
  submitter: z.string(),
  spec: z.looseObject({}),
  leaseSeconds: z.number(),
  /** To be masked in all that the job leaves; absent for a job without. */
  secrets: z.array(jobSecret).optional(),
  /** Seconds after which the server ends it. */
  timeLimit: z.number().nullable(),
  /** For a job of the type `build`. */
  build: claimedBuild.optional(),
});

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
export const workerView = z.object({
  id: z.string(),
  name: z.string(),
  capabilities: z.looseObject({}),
  slots: z.number(),
  running: z.number(),
  alive: z.boolean(),
  draining: z.boolean(),
  pause: pause.nullable(),
  seenAt: z.string(),
  client_info: z.unknown(),
});
export const newUser = z.strictObject({ name: word, role, password: z.string().min(8).max(1000) });
export const userView = z.object({ id: z.string(), name: z.string(), role, createdAt: z.string() });
export const quotaJobs = z.number().int().min(0).max(1_000_000);
/** For `*`, which is for each that has none of its own, `running` and `queued` are null. */
export const quotaView = z.object({
  submitter: z.string(),
  /** How many run at once; null for who has no quota of its own. */
  jobs: z.number().nullable(),
  running: z.number().nullable(),
  queued: z.number().nullable(),
});
export const tokenView = z.object({ id: z.string(), name: z.string(), role, createdAt: z.string() });

export type Submission = z.input<typeof submission>;
export type BeatAnswer = z.infer<typeof beatAnswer>;
export type PauseRequest = z.input<typeof pauseRequest>;
export type QuotaView = z.infer<typeof quotaView>;
export type WorkerView = z.infer<typeof workerView>;
export type WaitingReason = z.infer<typeof waitingReason>;
export type JobView = z.infer<typeof jobView>;
export type WholeJobView = z.infer<typeof wholeJobView>;
export type UserView = z.infer<typeof userView>;
export type ArtifactView = z.infer<typeof artifactView>;
export type ClaimAnswer = z.infer<typeof claimAnswer>;
export type Registration = z.input<typeof registration>;
