import { z } from 'zod';

const size = z.union([
  z.number().int().positive(),
  z.string().regex(/^\d+(\.\d+)?\s*[KMGT]?i?B?$/i, 'expected bytes or a size such as 512M'),
]);

const limits = {
  /** Bytes, or `512M`. */
  memory: size.optional(),
  /** Cores; 0.5 is half of one. */
  cpus: z.number().positive().optional(),
  /** Processes and threads. */
  pids: z.number().int().positive().optional(),
};

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a host name: a-z, 0-9 and hyphens');

export const nspawnOptionsSchema = z
  .strictObject({
    count: z.number().int().min(1).max(200).optional(),
    nodes: z
      .array(z.strictObject({ name: name.optional(), role: z.string().min(1).optional(), ...limits }))
      .min(1)
      .max(200)
      .optional(),
    suite: z
      .string()
      .regex(/^[a-z][a-z0-9.-]*$/)
      .default('bookworm'),
    packages: z.array(z.string().min(1)).default([]),
    mirror: z.url().default('http://deb.debian.org/debian'),
    ...limits,
  })
  .refine((options) => (options.count === undefined) !== (options.nodes === undefined), {
    message: 'expected either count or nodes',
  });

/** What `nspawn({…})` takes. */
export type NspawnOptions = z.input<typeof nspawnOptionsSchema>;
export type NspawnSettings = z.output<typeof nspawnOptionsSchema>;

/** Containers with systemd on this main host: `nspawn({ count: 3 })`, or one entry in `nodes` for each. */
export const nspawn = (options: NspawnOptions): { provider: 'nspawn'; options: NspawnOptions } => ({
  provider: 'nspawn',
  options,
});

/** `512M` in bytes. */
export function bytes(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, amount = '0', unit = ''] = /^([\d.]+)\s*([KMGT]?)/i.exec(value) ?? [];
  return Math.round(Number(amount) * 1024 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '));
}
