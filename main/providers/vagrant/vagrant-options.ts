import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { hostPath } from '../../context/host-path.ts';
import { releaseNamed } from '../debian/releases.ts';
import { limits, machineFields } from '../machine-options.ts';

/** As `config.vm.define` takes them, and as they can be part of a file's and a machine's name. */
const machine = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,40}$/, 'expected the name of a machine as the Vagrantfile defines it');

const definedMachine = z.union([
  machine,
  z.strictObject({ name: machine, role: z.string().min(1).optional() }),
]);

const box = z
  .string()
  .regex(/^[^\s"\\#]+$/, 'expected a box: its name, as debian/bookworm64, or its file or URL');

/** What only a Vagrantfile that we write asks for; in one that exists it stands there. */
const ofWritten = ['box', 'boxes', 'boxUrl', 'boxVersion', 'nodes', 'os', 'mirror', ...Object.keys(limits)];

const fields = z.strictObject({
  ...machineFields,
  os: machineFields.os.unwrap().optional(),
  /** An existing Vagrantfile, or the folder it is in; relative to the scenario's folder. */
  vagrantfile: z.string().min(1).optional(),
  /** Which of its machines; all of them unless told. */
  machines: z.array(definedMachine).min(1).optional(),
  /** The box of all machines, where no Vagrantfile exists. */
  box: box.optional(),
  /** Boxes by release, for machines with an `os`: `{ bookworm: 'debian/bookworm64' }`. */
  boxes: z.record(z.string(), box).optional(),
  /** Where `box` is to be had if it is not there yet: a URL or a file. */
  boxUrl: box.optional(),
  /** As `config.vm.box_version` takes it: `12.20240905.1`, `>= 12`. */
  boxVersion: z
    .string()
    .regex(/^[\w.<>=~ ,]+$/, 'expected a version, or a condition such as >= 12')
    .optional(),
  /** What vagrant makes machines with: `libvirt`, `virtualbox`, `lxc`; without it vagrant chooses. */
  provider: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, "expected the name of one of vagrant's providers")
    .optional(),
  /** The network under whose addresses the nodes are to reach one another, where they share several. */
  network: z
    .string()
    .regex(/^(\d{1,3}\.){3}\d{1,3}\/([0-9]|[12][0-9]|3[0-2])$/, 'expected a network such as 192.168.56.0/24')
    .optional(),
  /** Seconds that vagrant waits for a machine to boot (`config.vm.boot_timeout`). */
  bootTimeout: z.number().int().min(1).optional(),
});

export const vagrantOptionsSchema = fields.superRefine((options, context) => {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (options.vagrantfile !== undefined) {
    for (const key of ofWritten) {
      if (options[key as keyof typeof options] !== undefined) complain(key, 'it stands in the Vagrantfile');
    }
    if (options.packages.length > 0) complain('packages', 'provision them in the Vagrantfile');
    return;
  }
  if (options.machines) complain('machines', 'it names machines of a vagrantfile, which is not given');
  if ((options.count === undefined) === (options.nodes === undefined)) {
    context.addIssue({ code: 'custom', message: 'expected either count or nodes, or a vagrantfile' });
  }
  for (const os of new Set([options.os, ...(options.nodes ?? []).map((node) => node.os)])) {
    try {
      if (boxFor(options, os) !== undefined) continue;
      complain('os', `no box of '${os}' is known: name one, as boxes: { ${os}: 'owner/box' }`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      complain('os', error.message);
    }
  }
  if (options.boxUrl !== undefined && options.box === undefined)
    complain('boxUrl', 'it is the URL of a box, which is not given');
});

/** What `vagrant({…})` takes. */
export type VagrantOptions = z.input<typeof vagrantOptionsSchema>;
export type VagrantSettings = z.output<typeof vagrantOptionsSchema>;

/** Releases of which Debian itself publishes boxes; others do so by other rules. */
const debianBoxes = ['bullseye', 'bookworm', 'trixie'];

/** The box for machines of a release; undefined where none is known. */
export function boxFor(
  options: {
    readonly box?: string | undefined;
    readonly boxes?: Readonly<Record<string, string>> | undefined;
  },
  os = 'bookworm',
): string | undefined {
  const named = options.boxes?.[os] ?? options.box;
  if (named !== undefined) return named;
  const { suite } = releaseNamed(os);
  return debianBoxes.includes(suite) ? `debian/${suite}64` : undefined;
}

/**
 * The options with the Vagrantfile's path, or that of its folder, absolute:
 * relative to the scenario's folder.
 */
export function locatedVagrantfile(options: unknown, directory: string): unknown {
  const { vagrantfile, ...others } = (options ?? {}) as { readonly vagrantfile?: unknown };
  if (typeof vagrantfile !== 'string' || vagrantfile === '') return options;
  const below = hostPath(directory, join(vagrantfile, 'Vagrantfile'));
  return { ...others, vagrantfile: existsSync(below) ? below : hostPath(directory, vagrantfile) };
}

/**
 * Machines made by Vagrant: those of a Vagrantfile that exists, `vagrant({ vagrantfile: '../Vagrantfile' })`,
 * or `vagrant({ count: 3, box: 'debian/bookworm64', provider: 'libvirt' })`.
 */
export const vagrant = (options: VagrantOptions): { provider: 'vagrant'; options: VagrantOptions } => ({
  provider: 'vagrant',
  options,
});
