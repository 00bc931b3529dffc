import { z } from 'zod';
import { releaseNamed } from '../debian/releases.ts';
import { countOrNodes, countOrNodesMessage, machineFields } from '../machine-options.ts';
import { parsedOptions } from '../parsed-options.ts';

export const nspawnOptionsSchema = z
  .strictObject({
    ...machineFields,
    /**
     * Whether nodes get out of the cluster's own network; they reach one another and the main host anyway.
     */
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

/**
 * The options, validated, with defaults; throws UsageError that names every mistake, unknown systems
 * included.
 */
export function settingsOf(options: unknown): NspawnSettings {
  const settings = parsedOptions('nspawn', nspawnOptionsSchema, options);
  for (const { os = settings.os } of settings.nodes ?? [{}]) releaseNamed(os);
  return settings;
}
