import { leaves } from '../../config/mistakes/value-path.ts';
import { nodeFacts, type Origin, type Scenario } from '../../config/scenario.ts';
import type { Command } from '../command.ts';
import { scenarioIn } from './load-scenario.ts';
import { previewMachines } from './previewed-nodes.ts';
import { scenarioFlags } from './scenario-flags.ts';
import { type ConfiguredNode, planInWords, startPlan } from './start-plan.ts';

/** One value in force. `nodes`: those for which it is so, where it is not the same for all. */
interface Row {
  readonly path: string;
  readonly value: unknown;
  readonly origin: Origin;
  readonly nodes?: readonly number[];
}

export const configCommand: Command = async ([folder = '.'], options, environment) => {
  const { stdout } = environment;
  const scenario = await scenarioIn(folder, scenarioFlags(options), environment);
  const nodes = await configuredNodes(scenario);
  const rows = [...mainRows(scenario), ...nodeRows(scenario, nodes)];
  const order = startPlan(nodes);
  if (options.json === true)
    stdout.write(`${JSON.stringify({ directory: scenario.directory, values: rows, order }, null, 2)}\n`);
  else stdout.write(`${scenario.directory}\n\n${table(rows)}${planInWords(order)}`);
  return 0;
};

function mainRows(scenario: Scenario): Row[] {
  const { name, provider, providerOptions, packages, nodeFiles, checks, timeouts, retention } = scenario;
  const own = {
    name,
    nodes: { provider, options: providerOptions },
    packages,
    nodeFiles,
    timeouts,
    retention,
  };
  // With the globs among the checks as written, and the variables for templates.
  const values = { ...scenario.mainConfig, ...own, checks: scenario.mainConfig.checks ?? checks };
  return leaves(values).map(([path, value]) => ({
    path,
    value,
    origin: scenario.origins.get(path) ?? 'default',
  }));
}

async function configuredNodes(scenario: Scenario): Promise<readonly ConfiguredNode[]> {
  const nodes = (await previewMachines(scenario)).map(nodeFacts);
  return nodes.map((node) => ({ node, config: scenario.nodeConfig(node, nodes) }));
}

/** The node config's values, one row for those that all nodes share. */
function nodeRows(scenario: Scenario, nodes: readonly ConfiguredNode[]): Row[] {
  const rows = new Map<string, Row & { readonly nodes: number[] }>();
  for (const { node, config } of nodes) {
    for (const [inner, value] of leaves(config)) {
      const path = `node_config.${inner}`;
      const key = `${path}\n${JSON.stringify(value)}`;
      const row = rows.get(key) ?? { path, value, origin: originOf(path, scenario), nodes: [] };
      row.nodes.push(node.id);
      rows.set(key, row);
    }
  }
  const order = [...new Set([...rows.values()].map((row) => row.path))];
  return [...rows.values()]
    .sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path))
    .map(({ nodes: those, ...row }) => (those.length === nodes.length ? row : { ...row, nodes: those }));
}

/** What is known of the first node; a value that only others have can but come from the file. */
const originOf = (path: string, { origins }: Scenario): Origin =>
  origins.get(path) ?? origins.get('node_config') ?? 'default';

/** As one would write it in a config: permission bits are octal there. */
function valueInWords(path: string, value: unknown): string {
  if (typeof value === 'number' && /(^|\.)mode$/.test(path)) return `0o${value.toString(8)}`;
  if (typeof value === 'string' && /^[^\s"'\\]+$/.test(value)) return value;
  return JSON.stringify(value) ?? String(value);
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ path, value, origin, nodes }) => ({
    path: nodes ? `${path} (${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.join(', ')})` : path,
    value: valueInWords(path, value),
    origin,
  }));
  const width = (of: 'path' | 'value') => Math.min(60, Math.max(0, ...cells.map((cell) => cell[of].length)));
  const [paths, values] = [width('path'), width('value')];
  return cells
    .map(({ path, value, origin }) => `${path.padEnd(paths)}  ${value.padEnd(values)}  ${origin}\n`)
    .join('');
}
