import { z } from 'zod';
import { word } from './protocol.ts';

/** What one may do. */
export const role = z.enum(['admin', 'submit', 'worker', 'read']);

export const newUser = z.strictObject({ name: word, role, password: z.string().min(8).max(1000) });
export const userView = z.object({ id: z.string(), name: z.string(), role, createdAt: z.string() });
export const tokenView = z.object({ id: z.string(), name: z.string(), role, createdAt: z.string() });

export const quotaJobs = z.number().int().min(0).max(1_000_000);
/** For `*`, which is for each that has none of its own, `running` and `queued` are null. */
export const quotaView = z.object({
  submitter: z.string(),
  /** How many run at once; null for who has no quota of its own. */
  jobs: z.number().nullable(),
  running: z.number().nullable(),
  queued: z.number().nullable(),
});

export type QuotaView = z.infer<typeof quotaView>;
export type UserView = z.infer<typeof userView>;
