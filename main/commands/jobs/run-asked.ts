import { resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ScenarioFlags } from '../../config/load.ts';
import type { DeclaredSecrets } from '../../jobs/client/declared-secrets.ts';
import { type PackedScenario, packScenario } from '../../jobs/client/travel/pack-scenario.ts';
import { type Cell, machineFlags } from '../../jobs/job-matrix.ts';
import type { CommandOptions } from '../command.ts';
import { list } from '../script/script-machines.ts';

/** A scenario as it travels, and what follows `shakedown run` where it arrives. Throws UsageError. */
export async function runAsked(
  { what, args }: { readonly what: string; readonly args: readonly string[] },
  options: CommandOptions,
  { cwd, cells, declared }: { cwd: string; cells: readonly Cell[]; declared: DeclaredSecrets },
): Promise<{ readonly packed: PackedScenario; readonly args: readonly string[] }> {
  if (args.length > 0) throw new UsageError(`A run takes no arguments; found '${args.join(' ')}'.`);
  const directory = resolve(cwd, what);
  const nodeFiles = options.nodeFiles === undefined ? undefined : resolve(cwd, String(options.nodeFiles));
  const packed = await packScenario({
    ...{ directory, declared },
    variants: variantsOf(cells, { cwd, ...present({ nodeFiles }) }, options),
    more: list(options.with).map((path) => resolve(cwd, path)),
  });
  const own = nodeFiles === undefined ? [] : ['--node-files', packed.place(nodeFiles)];
  return { packed, args: [packed.place(directory) || '.', ...own] };
}

/** The flags of each job of a matrix, where they differ. */
function variantsOf(
  cells: readonly Cell[],
  always: ScenarioFlags,
  options: CommandOptions,
): readonly ScenarioFlags[] {
  const variants = cells.map(({ label: _, platform: __, ...cell }) => {
    const ofMachines = machineFlags.flatMap((name) => {
      const value = cell[name] ?? options[name];
      return value === undefined ? [] : [[name, String(value)] as const];
    });
    const others = Object.entries(cell).filter(([name]) => !machineFlags.includes(name));
    const set = [...list(options.set), ...others.map(([name, value]) => `${name}=${value}`)];
    return { ...always, ...Object.fromEntries(ofMachines), set };
  });
  return [...new Map(variants.map((variant) => [JSON.stringify(variant), variant])).values()];
}
