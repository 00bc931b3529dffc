import { z } from 'zod';

/** Below that systemd and sshd themselves do not come up. */
const least = { memory: 64 * 1024 ** 2, pids: 32 };

const written = /^\d+(\.\d+)?\s*[KMGT]?i?B?$/i;

const size = z.union([
  z.number().int().positive(),
  z.string().regex(written, 'expected bytes or a size such as 512M'),
]);

/** Bytes, or `512M`. */
export const sizeSchema = size;

/** What one machine is held to, where its provider can: memory and disk in bytes or as `512M`. */
export const limits = {
  memory: size
    .refine(
      // What is no size at all has been told already.
      (value) => !written.test(String(value)) || bytes(value) >= least.memory,
      'expected 64M or more: systemd and sshd need that much',
    )
    .optional(),
  /** Cores; 0.5 is half of one. */
  cpus: z.number().min(0.05).optional(),
  /** What it may write beside its image. */
  disk: size.optional(),
  /** Processes and threads. */
  pids: z.number().int().min(least.pids).optional(),
};

export const machineName = z
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

/** An operating system by its release: `bookworm`, `trixie`, `sid`, `noble`. */
const os = z.string().regex(/^[a-z][a-z0-9.-]*$/, 'expected a release by its name, such as bookworm');

/** The machines of one entry. */
function alike<Entry extends { readonly count: number; readonly name?: string | undefined }>({
  count,
  ...entry
}: Entry): Omit<Entry, 'count'>[] {
  const { name } = entry;
  if (count === 1 || name === undefined) return Array.from({ length: count }, () => entry);
  return Array.from({ length: count }, (_, index) => ({ ...entry, name: `${name}${index}` }));
}

/**
 * What every kind of machine that we make can be asked for, whatever it is made of: how many, or each one's
 * own settings in `nodes`, which win over those for all.
 */
export const machineFields = {
  count: z.number().int().min(1).max(most).optional(),
  nodes: z
    .array(
      z.strictObject({
        /** That many alike: the names of several are `name0`, `name1`, …. */
        count: z.number().int().min(1).max(most).default(1),
        name: machineName.optional(),
        role: z.string().min(1).optional(),
        os: os.optional(),
        ...limits,
      }),
    )
    .min(1)
    .transform((entries) => entries.flatMap(alike))
    .refine((machines) => machines.length <= most, `expected ${most} machines or fewer`)
    .optional(),
  os: os.default('bookworm'),
  /** Debian packages that all machines have from the start, in the cached image. */
  packages: z.array(aptPackage).default([]),
  /** The distribution's mirror for images and machines; without it the one that this main host uses. */
  mirror: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
  ...limits,
};

/** For the refinement of a schema with `machineFields`. */
export const countOrNodes = (options: { readonly count?: unknown; readonly nodes?: unknown }): boolean =>
  (options.count === undefined) !== (options.nodes === undefined);

export const countOrNodesMessage = { message: 'expected either count or nodes' };

/** Machines of no particular kind. */
export const machinesSchema = z.strictObject(machineFields).refine(countOrNodes, countOrNodesMessage);

export type MachineOptions = z.input<typeof machinesSchema>;
export type MachineSettings = z.output<typeof machinesSchema>;

/**
 * Machines for a scenario that does not care what they are made of: containers or virtual machines,
 * whichever works on this main host; `--provider` says it for one run.
 */
export const machines = (options: MachineOptions) => ({ provider: 'auto', options });

/** One machine's own settings over those for all. */
export function settingsOfMachine<
  Settings extends Pick<MachineSettings, 'nodes' | 'os' | keyof typeof limits>,
>(settings: Settings, id: number): Pick<MachineSettings, 'os' | keyof typeof limits> {
  const own = settings.nodes?.[id] ?? {};
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { ...settings, ...set };
}

/** `512M` in bytes. */
export function bytes(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, amount = '0', unit = ''] = /^([\d.]+)\s*([KMGT]?)/i.exec(value) ?? [];
  return Math.round(Number(amount) * 1024 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '));
}
