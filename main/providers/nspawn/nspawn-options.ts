import { z } from 'zod';

/** Below that systemd and sshd themselves do not come up. */
const least = { memory: 64 * 1024 ** 2, pids: 32 };

const size = z
  .union([
    z.number().int().positive(),
    z.string().regex(/^\d+(\.\d+)?\s*[KMGT]?i?B?$/i, 'expected bytes or a size such as 512M'),
  ])
  .refine((value) => bytes(value) >= least.memory, 'expected 64M or more: systemd and sshd need that much');

const limits = {
  /** Bytes, or `512M`. */
  memory: size.optional(),
  /** Cores; 0.5 is half of one. */
  cpus: z.number().min(0.05).optional(),
  /** Processes and threads. */
  pids: z.number().int().min(least.pids).optional(),
};

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a host name: a-z, 0-9 and hyphens')
  .refine((text) => text !== 'localhost', "expected another name than 'localhost', which every node has");

/** A package as mmdebstrap's --include takes it; a comma would make two of one. */
const aptPackage = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9+.:-]+([=/][\w.+:~-]+)?$/,
    'expected the name of a Debian package, or name=version',
  );

/** A cluster's subnet is a /24, of which the main host and the broadcast have their share. */
const most = 200;

export const nspawnOptionsSchema = z
  .strictObject({
    count: z.number().int().min(1).max(most).optional(),
    nodes: z
      .array(z.strictObject({ name: name.optional(), role: z.string().min(1).optional(), ...limits }))
      .min(1)
      .max(most)
      .optional(),
    /** A suite of Debian's: `bookworm`, `trixie`, `sid`. */
    suite: z
      .string()
      .regex(/^[a-z][a-z0-9.-]*$/, "expected a suite of Debian's, such as bookworm")
      .default('bookworm'),
    /** Debian packages that all nodes have from the start, in the cached tree. */
    packages: z.array(aptPackage).default([]),
    /** Debian's mirror for the tree and the nodes; without it the one that this main host uses. */
    mirror: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
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
