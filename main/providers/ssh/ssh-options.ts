import { z } from 'zod';

const port = z.number().int().min(1).max(65_535);
const host = z.string().regex(/^[^\s@,]+$/, 'expected an address or a name');

const hostSchema = z.union([
  z.string().regex(/^([^\s@,]+@)?[^\s@,]+$/, 'expected address, user@address or user@address:port'),
  z.strictObject({
    address: host,
    port: port.optional(),
    user: z.string().min(1).optional(),
    name: z.string().min(1).optional(),
    role: z.string().min(1).optional(),
    /** A private key's file. */
    key: z.string().min(1).optional(),
  }),
]);

export const sshOptionsSchema = z
  .strictObject({ hosts: z.array(hostSchema).min(1, 'expected at least one machine') })
  .superRefine(({ hosts }, context) => {
    const seen = new Set<string>();
    hosts.forEach((each, index) => {
      const { address, port: number } = parseHost(each);
      const place = `${address}:${number ?? ''}`;
      if (seen.has(place))
        context.addIssue({ code: 'custom', path: ['hosts', index], message: `${address} is there twice` });
      if (number !== undefined && !port.safeParse(number).success) {
        context.addIssue({
          code: 'custom',
          path: ['hosts', index],
          message: `${number} is not a port (1 to 65535)`,
        });
      }
      seen.add(place);
    });
  });

/** What `ssh([…])` takes for one machine: `10.0.0.5`, `user@host:2222`, or an object. */
export type SshHost = z.input<typeof hostSchema>;
export type SshSettings = z.output<typeof sshOptionsSchema>;

/** One machine as it was written, taken apart. */
export interface ParsedHost {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly name?: string;
  readonly role?: string;
  readonly key?: string;
}

/** Machines that exist already, reached by ssh: `ssh(['10.0.0.5', 'admin@db2:2222'])`. */
export const ssh = (
  hosts: readonly SshHost[],
): { provider: 'ssh'; options: { hosts: readonly SshHost[] } } => ({
  provider: 'ssh',
  options: { hosts },
});

/** Takes `user@host:port` and `user@[::1]:port` apart. */
export function parseHost(written: SshHost): ParsedHost {
  if (typeof written !== 'string') {
    return Object.fromEntries(
      Object.entries(written).filter(([, value]) => value !== undefined),
    ) as unknown as ParsedHost;
  }
  const [, user, bracketed, plain, number] =
    /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?$/.exec(written) ?? [];
  return {
    address: bracketed ?? plain ?? written,
    ...(user === undefined ? {} : { user }),
    ...(number === undefined ? {} : { port: Number(number) }),
  };
}
