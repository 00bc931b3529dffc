import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { formatNamed } from './inventory/formats.ts';
import { inventoryOf, knownHosts } from './inventory/inventory.ts';
import { keptMachines } from './kept-node.ts';

/**
 * `nodes inventory`: the machines for another tool. Their host keys go to
 * `.shakedown/known_hosts`, which it names.
 */
export async function printInventory(
  options: CommandOptions,
  { cwd, stdout }: Pick<CommandEnvironment, 'cwd' | 'stdout'>,
): Promise<number> {
  const write = formatNamed(options.format === undefined ? 'ansible' : String(options.format));
  const { cluster } = await keptMachines(cwd);
  const inventory = inventoryOf(cluster, join(cwd, '.shakedown', 'known_hosts'));
  await writeFile(inventory.knownHostsFile, knownHosts(inventory));
  stdout.write(write(inventory));
  return 0;
}
