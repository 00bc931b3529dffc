import { z } from 'zod';
import { isSecretName } from '../../secrets/secret-reference.ts';

/** A secret that travels with a job, to the worker that runs it and to nobody else. */
export const jobSecret = z.strictObject({
  name: z.string().max(200).refine(isSecretName, 'made of A-Z, a-z, 0-9 and _'),
  value: z.string().min(1).max(65_536),
  /** The job's environment variable that has it. */
  env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .optional(),
  /** The file in the job's package that has it, which the package itself does not have. */
  file: z.string().min(1).max(1000).optional(),
});
export type JobSecret = z.infer<typeof jobSecret>;
