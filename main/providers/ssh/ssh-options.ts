import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { hostPath } from '../../context/host-path.ts';
import { sshMachines } from './ssh-machines.ts';
import { type SshHost, sshSettingsSchema } from './ssh-settings.ts';

export const sshOptionsSchema = sshSettingsSchema.superRefine((options, context) => {
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

/** What `ssh({…})` takes: an inventory, or a pool. */
export type SshOptions = z.input<typeof sshOptionsSchema>;

/**
 * Machines that exist already, reached by ssh: `ssh(['10.0.0.5', 'admin@db[1-3]:2222'])`, those
 * of an Ansible inventory (`ssh({ inventory: 'hosts.ini', group: 'db' })`), or some of a pool
 * (`ssh({ pool: ['m[01-20]'], count: 3 })`).
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
  if (typeof inventory !== 'string' || inventory === '') return options;
  return { ...others, inventory: hostPath(directory, inventory) };
}

/** An inventory, and what is read beside it. */
export function filesOfSsh(options: unknown): readonly string[] {
  const { inventory } = (options ?? {}) as { readonly inventory?: string };
  if (inventory === undefined) return [];
  const beside = ['group_vars', 'host_vars'].map((name) => join(dirname(inventory), name));
  return [inventory, ...beside.filter((folder) => existsSync(folder))];
}
