import { UsageError } from '../../../../common/errors.ts';
import { ansibleInventory } from './ansible.ts';
import { environmentInventory } from './environment.ts';
import { type FormatName, formatNames } from './format-names.ts';
import type { Inventory } from './inventory.ts';
import { jsonInventory } from './json.ts';
import { sshConfig } from './ssh-config.ts';

const formats: Readonly<Record<FormatName, (inventory: Inventory) => string>> = {
  ansible: ansibleInventory,
  'ssh-config': sshConfig,
  json: jsonInventory,
  env: environmentInventory,
};

/** Writes an inventory in a format; UsageError for one that there is not. */
export function formatNamed(name: string): (inventory: Inventory) => string {
  const known = formatNames.find((each) => each === name);
  if (known) return formats[known];
  throw new UsageError(`There is no format '${name}'; there are: ${formatNames.join(', ')}.`);
}
