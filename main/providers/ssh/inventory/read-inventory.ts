import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import { Inventory } from './inventory.ts';
import { parseIni } from './parse-ini.ts';
import { parseYaml } from './parse-yaml.ts';
import { readVariableFiles } from './variable-files.ts';
import { isVaulted, withoutVault } from './vault.ts';

/**
 * Reads an Ansible inventory: YAML where the name ends in .yml, .yaml or .json (as Ansible
 * decides it), else INI; and the `group_vars` and `host_vars` beside it. Throws UsageError
 * that names each mistake with file and line.
 */
export function readInventory(written: string): Inventory {
  const file = resolve(written.replace(/^~(?=\/)/, homedir()));
  const text = textOf(file);
  if (text.startsWith('#!')) {
    throw new UsageError(`${file} is a program that prints an inventory, and is not run`, {
      hint: `ansible-inventory -i ${file} --list --yaml > hosts.yml, and name that file`,
    });
  }
  if (isVaulted(text)) {
    throw new UsageError(`${file} is encrypted by ansible-vault, and is not decrypted`, {
      hint: withoutVault(file),
    });
  }
  const inventory = new Inventory(file);
  const parse = /\.(ya?ml|json)$/i.test(file) ? parseYaml : parseIni;
  parse(text, inventory);
  inventory.throwMistakes();
  inventory.gatherUngrouped();
  readVariableFiles(inventory);
  return inventory;
}

function textOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`there is no file ${file}`);
  if (!stat.isFile()) throw new UsageError(`${file} is no file`);
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
