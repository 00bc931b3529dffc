import { resolve } from 'node:path';
import { type ChooseKind, loadScenario, type ScenarioFlags } from '../../config/load.ts';
import type { Scenario } from '../../config/scenario.ts';
import { chooseProvider } from '../../providers/choose.ts';
import type { CommandEnvironment } from '../command.ts';

/**
 * The scenario of a folder, for machines that work on this main host. Throws
 * as `loadScenario` and the choice do.
 */
export function scenarioIn(
  folder: string,
  flags: ScenarioFlags,
  { cwd, signal, cacheDir }: Pick<CommandEnvironment, 'cwd' | 'signal' | 'cacheDir'>,
  choose: ChooseKind = () => chooseProvider({ signal, cacheDir }),
): Promise<Scenario> {
  return loadScenario(resolve(cwd, folder), { cwd, ...flags }, choose, signal);
}
