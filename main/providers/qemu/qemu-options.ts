import { z } from 'zod';
import { hostPath } from '../../context/host-path.ts';
import { bytes, countOrNodes, countOrNodesMessage, machineFields, sizeSchema } from '../machine-options.ts';

/** A kernel, systemd and sshd do not come up with less. */
const leastMemory = 160 * 1024 ** 2;

const enough = ({ memory }: { memory?: string | number | undefined }): boolean =>
  memory === undefined || bytes(memory) >= leastMemory;

export const qemuOptionsSchema = z
  .strictObject({
    ...machineFields,
    memory: sizeSchema.default('512M'),
    /** What a machine may write beside its image. */
    disk: sizeSchema.default('8G'),
    /** A disk image with cloud-init, as distributions publish them: a file, or an http or https URL. */
    image: z.string().min(1).optional(),
    /** `auto` is KVM where a trial boot has shown that it works, else emulation. */
    accelerator: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
    /** As QEMU's -cpu takes it: `max`, `Nehalem`, `qemu64,+avx`. */
    cpuModel: z
      .string()
      .regex(/^[\w.,+=-]+$/, "expected a model as QEMU's -cpu takes it")
      .optional(),
    /**
     * `warm`: machines are clones of one that runs, whose memory was saved
     * once; `cold`: each boots by itself.
     */
    start: z.enum(['warm', 'cold']).default('warm'),
    /** More words for the kernel's command line; not for an `image`, which has a boot loader of its own. */
    kernelOptions: z.string().default(''),
    /** `user`: no network of their own, for a single machine: only ssh and `ports` of it can be reached. */
    network: z.enum(['bridge', 'user']).default('bridge'),
    /** With `network: 'user'`: TCP ports of the machine that are had at the same port of 127.0.0.1. */
    ports: z.array(z.number().int().min(1).max(65535)).default([]),
  })
  .refine(countOrNodes, countOrNodesMessage)
  .refine((options) => enough(options) && (options.nodes ?? []).every(enough), {
    message: 'expected 160M of memory or more: the kernel, systemd and sshd need that much',
  })
  .refine(({ network, count, nodes }) => network === 'bridge' || (nodes?.length ?? count) === 1, {
    message: "network 'user' is for one machine: machines that are to reach one another need 'bridge'",
  })
  .refine(({ network, ports }) => network === 'user' || ports.length === 0, {
    message: "ports are for network 'user': on a bridge all ports can be reached",
  })
  .refine(({ image, packages }) => image === undefined || packages.length === 0, {
    message: 'packages come into images that we build; they cannot go together with image',
  })
  .refine(({ image, kernelOptions }) => image === undefined || kernelOptions === '', {
    message: 'kernelOptions cannot go together with image, which has a boot loader of its own',
  });

/** What `qemu({…})` takes. */
export type QemuOptions = z.input<typeof qemuOptionsSchema>;
export type QemuSettings = z.output<typeof qemuOptionsSchema>;

/**
 * Virtual machines on this main host, each with a kernel of its own: `qemu({ count: 3 })`,
 * or one entry in `nodes` for each; `qemu({ count: 1, image: 'debian-12-generic-amd64.qcow2'
 * })` for a system that someone else built.
 */
export const qemu = (options: QemuOptions): { provider: 'qemu'; options: QemuOptions } => ({
  provider: 'qemu',
  options,
});

export const isUrl = (image: string): boolean => /^https?:\/\//.test(image);

/**
 * The options with an image's path absolute: it is relative to the scenario's folder, or begins with `~/`.
 */
export function locatedImage(options: unknown, directory: string): unknown {
  const parsed = qemuOptionsSchema.safeParse(options);
  const image = parsed.data?.image;
  if (!parsed.success || image === undefined || isUrl(image)) return options;
  return { ...(options as object), image: hostPath(directory, image) };
}

/** An image that is a file here. */
export function filesOfQemu(options: unknown): readonly string[] {
  const image = qemuOptionsSchema.safeParse(options).data?.image;
  return image === undefined || isUrl(image) ? [] : [image];
}
