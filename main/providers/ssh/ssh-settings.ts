import { z } from 'zod';

const port = z.number().int().min(1).max(65_535);
const host = z.string().regex(/^([^\s@,[\]]|\[[^\s@[\]]*\])+$/, 'expected an address or a name');

const hostSchema = z.union([
  z
    .string()
    .regex(
      /^([^\s@,]+@)?([^\s@,[\]]|\[[^\s@[\]]*\])+$/,
      'expected address, user@address or user@address:port',
    ),
  z.strictObject({
    /** With ranges: `db[1-3].example`. */
    address: host,
    port: port.optional(),
    user: z.string().min(1).optional(),
    /** With a range of as many as `address` has. */
    name: z.string().min(1).optional(),
    role: z.string().min(1).optional(),
    /** A private key's file. */
    key: z.string().min(1).optional(),
  }),
]);

const hosts = z.array(hostSchema).min(1, 'expected at least one machine');
const name = z.string().min(1);
const number = z.number().int().min(1).max(1000);

/** What is wanted of machines that exist; how the settings go together is checked by `sshOptionsSchema`. */
export const sshSettingsSchema = z.strictObject({
  /** These machines, all of them. */
  hosts: hosts.optional(),
  /** An Ansible inventory's file, relative to the scenario's folder. */
  inventory: name.optional(),
  /** Only the machines of this group of the inventory, or of these; the group is their role. */
  group: z.union([name, z.array(name).min(1)]).optional(),
  /** Only the machines of these groups, by the role that they get: `{ db: 'postgres_servers' }`. */
  roles: z.record(name, name).optional(),
  /** Machines to choose from. */
  pool: hosts.optional(),
  /** So many of the pool or the inventory that are free and answer; or so many of each role. */
  count: z.union([number, z.record(name, number)]).optional(),
});

/** What `ssh([…])` takes for one machine: `10.0.0.5`, `user@host:2222`, `node[01-20]`, or an object. */
export type SshHost = z.input<typeof hostSchema>;
export type SshSettings = z.output<typeof sshSettingsSchema>;
