import { z } from 'zod';
import { countOrNodes, countOrNodesMessage, machineFields } from '../machine-options.ts';

export const nspawnOptionsSchema = z
  .strictObject({
    ...machineFields,
    /** Whether nodes get out of the cluster's own network; they reach one another and the main host anyway. */
    internet: z.boolean().default(true),
  })
  .refine(countOrNodes, countOrNodesMessage);

/** What `nspawn({…})` takes. */
export type NspawnOptions = z.input<typeof nspawnOptionsSchema>;
export type NspawnSettings = z.output<typeof nspawnOptionsSchema>;

/** Containers with systemd on this main host: `nspawn({ count: 3 })`, or one entry in `nodes` for each. */
export const nspawn = (options: NspawnOptions): { provider: 'nspawn'; options: NspawnOptions } => ({
  provider: 'nspawn',
  options,
});
