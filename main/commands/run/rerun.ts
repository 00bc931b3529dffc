import { UsageError } from '../../../common/errors.ts';
import { type PhaseName, phaseNames } from '../../../common/results.ts';
import type { ScenarioFlags } from '../../config/load.ts';
import { voiceOf } from '../../report/voice.ts';
import { count } from '../../report/words.ts';
import { fitsKept } from '../../run/machines/fits-kept.ts';
import { readKeptCluster } from '../../store/kept-cluster.ts';
import type { Command } from '../command.ts';
import { scenarioIn } from '../scenario/load-scenario.ts';
import { scenarioFlags } from '../scenario/scenario-flags.ts';
import { beginnings } from './beginnings.ts';

export const rerunCommand: Command = async (_args, options, environment) => {
  const kept = await readKeptCluster(environment.cwd);
  if (!kept) {
    throw new UsageError('There are no kept machines here to run again on.', {
      hint: 'shakedown run --keep',
    });
  }
  const from = phase(options.from === undefined ? 'clean' : String(options.from));
  const flags = together(kept.flags, scenarioFlags(options));
  const repeated = flagsInWords(kept.flags);
  if (repeated !== '')
    voiceOf(environment).info(`with the flags of the run that kept these machines: ${repeated}`);
  const { provider } = kept.cluster;
  const scenario = await scenarioIn(kept.scenario, flags, environment, async () => ({ provider }));
  const there = kept.cluster.machines.length;
  if (!fitsKept(scenario, kept.cluster)) {
    throw new UsageError(
      `The config asks for ${count(scenario.machines.length, `${scenario.provider} node`)}, but the kept machines are ${count(there, `${provider} node`)}.`,
      { hint: 'shakedown run --keep' },
    );
  }
  const { runWith } = await import('./run-with.ts');
  return runWith({ scenario, flags, keep: 'always', reuse: { kept, from } }, options, environment);
};

/** The flags that the machines were made with count again, unless others are given. */
const together = (made: ScenarioFlags, now: ScenarioFlags): ScenarioFlags => ({
  ...made,
  ...now,
  set: [...(made.set ?? []), ...(now.set ?? [])],
});

/** Flags as one would type them; a value that `--set` gave may be a secret, and is not shown. */
function flagsInWords({ set = [], cwd: _, nodeFiles, ...flags }: ScenarioFlags): string {
  const given = Object.entries({ ...flags, 'node-files': nodeFiles }).filter(
    ([, value]) => value !== undefined,
  );
  const sets = set.map((each) => `--set ${each.split('=', 1)[0]}=…`);
  return [...given.map(([name, value]) => `--${name} ${value}`), ...sets].join(' ');
}

function phase(name: string): PhaseName {
  const found = beginnings.find((each) => each === name);
  if (found) return found;
  const known = phaseNames.some((each) => each === name) ? 'A rerun cannot begin with' : 'There is no phase';
  throw new UsageError(`${known} '${name}'; it can begin with: ${beginnings.join(', ')}.`);
}
