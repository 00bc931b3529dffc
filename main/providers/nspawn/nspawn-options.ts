import { z } from 'zod';
import { countOrNodes, countOrNodesMessage, machineFields } from '../machine-options.ts';

export const nspawnOptionsSchema = z.strictObject(machineFields).refine(countOrNodes, countOrNodesMessage);

/** What `nspawn({…})` takes. */
export type NspawnOptions = z.input<typeof nspawnOptionsSchema>;
export type NspawnSettings = z.output<typeof nspawnOptionsSchema>;

/** Containers with systemd on this main host: `nspawn({ count: 3 })`, or one entry in `nodes` for each. */
export const nspawn = (options: NspawnOptions): { provider: 'nspawn'; options: NspawnOptions } => ({
  provider: 'nspawn',
  options,
});
