import { resolve } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { sshMachines } from './ssh-machines.ts';

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

export const sshOptionsSchema = z
  .strictObject({
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
  })
  .superRefine((options, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const { hosts, inventory, pool, group, roles, count } = options;
    if ([hosts, inventory, pool].filter((source) => source !== undefined).length !== 1) {
      return complain([], 'expected one of: hosts, inventory, pool');
    }
    if (pool && count === undefined) complain(['count'], 'expected how many machines of the pool to take');
    if (hosts && count !== undefined) complain(['count'], 'goes with pool or inventory: hosts are all taken');
    if (!inventory && (group ?? roles)) complain([group ? 'group' : 'roles'], 'goes with inventory');
    if (group && roles) complain(['roles'], 'cannot go together with group');
    try {
      sshMachines(options, complain);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const path = [hosts ? 'hosts' : pool ? 'pool' : 'inventory'];
      for (const mistake of error.message.split('\n')) complain(path, mistake);
    }
  });

/** What `ssh([…])` takes for one machine: `10.0.0.5`, `user@host:2222`, `node[01-20]`, or an object. */
export type SshHost = z.input<typeof hostSchema>;
/** What `ssh({…})` takes: an inventory, or a pool. */
export type SshOptions = z.input<typeof sshOptionsSchema>;
export type SshSettings = z.output<typeof sshOptionsSchema>;

/**
 * Machines that exist already, reached by ssh: `ssh(['10.0.0.5', 'admin@db[1-3]:2222'])`, those of an Ansible
 * inventory (`ssh({ inventory: 'hosts.ini', group: 'db' })`), or some of a pool (`ssh({ pool: ['m[01-20]'], count: 3 })`).
 */
export const ssh = (machines: readonly SshHost[] | SshOptions): { provider: 'ssh'; options: SshOptions } => ({
  provider: 'ssh',
  options: isList(machines) ? { hosts: [...machines] } : machines,
});

const isList = (machines: readonly SshHost[] | SshOptions): machines is readonly SshHost[] =>
  Array.isArray(machines);

/** An inventory's file is relative to the scenario's folder; `~/` is the home folder. */
export function locatedInventory(options: unknown, directory: string): unknown {
  const { inventory, ...others } = (options ?? {}) as { readonly inventory?: unknown };
  if (typeof inventory !== 'string' || inventory === '' || inventory.startsWith('~/')) return options;
  return { ...others, inventory: resolve(directory, inventory) };
}
