import { UsageError } from '../../common/errors.ts';
import { ansibleInventory } from './ansible.ts';
import { environmentInventory } from './environment.ts';
import type { Inventory } from './inventory.ts';
import { jsonInventory } from './json.ts';
import { sshConfig } from './ssh-config.ts';

/** Every format of an inventory, by its name. */
const formats: Readonly<Record<string, (inventory: Inventory) => string>> = {
  ansible: ansibleInventory,
  'ssh-config': sshConfig,
  json: jsonInventory,
  env: environmentInventory,
};

/** The names as flags and errors list them. */
export const formatNames = Object.keys(formats).join(', ');

/** Writes an inventory in a format; UsageError for one that there is not. */
export function formatNamed(name: string): (inventory: Inventory) => string {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format) return format;
  throw new UsageError(`There is no format '${name}'; there are: ${formatNames}.`);
}
