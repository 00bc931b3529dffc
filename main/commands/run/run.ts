import { providerNamed } from '../../providers/registry.ts';
import { askAhead } from '../../run/machines/wanted-machines.ts';
import type { Command } from '../command.ts';
import { scenarioIn } from '../scenario/load-scenario.ts';
import { scenarioFlags } from '../scenario/scenario-flags.ts';

export const runCommand: Command = async ([folder = '.'], options, environment) => {
  const flags = scenarioFlags(options);
  const scenario = await scenarioIn(folder, flags, environment);
  await askAhead(scenario, providerNamed);
  const keep = options.keep ? 'always' : options.keepOnFailure ? 'on-failure' : 'never';
  // What runs is loaded once the config is right: a mistake in it is told at once.
  const { runWith } = await import('./run-with.ts');
  return runWith(
    { scenario, flags, keep, rebuild: options.rebuild === true, fresh: options.fresh === true },
    options,
    environment,
  );
};
