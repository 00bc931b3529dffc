import { z } from 'zod';
import { verdict, word } from './protocol.ts';
import { claimedBuild } from './recipe-protocol.ts';
import { jobSecret } from './secrets/job-secret.ts';

/** What workers and servers say to each other; a worker with another number is refused. */
export const protocolVersion = 1;

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

export const claimRequest = z.strictObject({
  worker: word,
  /** Of the worker's choosing; the same one again gives the same attempt. */
  request: word,
  /** Seconds that the answer may wait for a job. */
  wait: z.number().min(0).max(60).default(0),
  /** Seconds that the attempt counts as alive without being renewed. */
  lease: z.number().min(1).max(604_800).default(10),
});

export const resultReport = z.strictObject({ verdict, result: z.json() });
/** Events of an attempt in their order, as `run --json` prints them; `from` counts those before them. */
export const eventsReport = z.strictObject({
  from: z.number().int().min(0),
  events: z.array(z.looseObject({ type: word })).max(1000),
});

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

export type BeatAnswer = z.infer<typeof beatAnswer>;
export type PauseRequest = z.input<typeof pauseRequest>;
export type WorkerView = z.infer<typeof workerView>;
export type ClaimAnswer = z.infer<typeof claimAnswer>;
export type Registration = z.input<typeof registration>;
