import { chooseFace } from '../../report/choose-face.ts';
import { printSummary } from '../../report/summary.ts';
import { bringNodesUp } from '../../run/bring-nodes-up.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { scenarioIn } from '../scenario/load-scenario.ts';
import { scenarioFlags } from '../scenario/scenario-flags.ts';
import { worldOf } from '../world-of.ts';

/**
 * `nodes up`: makes or borrows a scenario's machines and keeps them. Those
 * that are here already stay as they are.
 */
export async function nodesUp(
  folder: string,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<number> {
  const { stdout, env } = environment;
  const flags = scenarioFlags(options);
  const scenario = await scenarioIn(folder, flags, environment);
  const json = options.json === true;
  const face = await chooseFace({ json, stdout, env, signal: environment.signal });
  const world = worldOf(environment, face);
  try {
    const rebuild = options.rebuild === true;
    const result = await bringNodesUp({ scenario, flags, rebuild }, world);
    face.close();
    if (!json && result.kept === undefined) printSummary(result, { stdout, env });
    else if (!json) stdout.write(nextSteps(result.nodes.length));
    return result.exitCode;
  } finally {
    face.close();
  }
}

const nextSteps = (nodes: number): string => `
${nodes === 1 ? '1 node is' : `${nodes} nodes are`} up.
  shakedown nodes list                       are they there?
  shakedown nodes inventory --format NAME    for another tool
  shakedown shell 0, exec, cp, rerun         what to do with them here
  shakedown nodes down                       give them up
`;
