import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { releaseNamed } from '../debian/releases.ts';
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

/** The options, validated, with defaults; throws UsageError that names every mistake, unknown systems included. */
export function settingsOf(options: unknown): NspawnSettings {
  const parsed = nspawnOptionsSchema.safeParse(options);
  if (parsed.success) {
    for (const { os = parsed.data.os } of parsed.data.nodes ?? [{}]) releaseNamed(os);
    return parsed.data;
  }
  const issues = parsed.error.issues.map(({ path, message }) => ['nspawn', ...path, message].join(': '));
  throw new UsageError(issues.join('\n'));
}
