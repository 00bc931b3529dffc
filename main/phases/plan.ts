import { UsageError } from '../../common/errors.ts';
import type { PlannedNode } from '../cluster/node.ts';
import type { NodeConfig } from '../config/node/node-config.ts';
import { type NodeFacts, nodeFacts, type Scenario } from '../config/scenario.ts';
import type { Machine } from '../providers/provider.ts';
import { readTree } from '../render/read-tree.ts';
import { renderTrees } from '../render/render-tree.ts';
import { withKeys } from './package-keys.ts';
import { placedModes } from './placed-modes.ts';

/**
 * What each machine is to get: its config with the functions applied, its files rendered. Touches no machine.
 * Throws one UsageError that names every mistake on every node.
 */
export async function planNodes(
  scenario: Scenario,
  machines: readonly Machine[],
  env: NodeJS.ProcessEnv,
): Promise<readonly PlannedNode[]> {
  const nodes = machines.map(nodeFacts);
  const configs = nodeConfigs(scenario, nodes);
  // Those of all nodes where their networks are several.
  const spareAddresses = [...new Set(machines.flatMap((machine) => machine.spareAddresses ?? []))];
  const scopes = configs.map(({ node, config }) => ({
    main_config: scenario.mainConfig,
    node_config: config,
    node: node.address,
    node_id: node.id,
    nodes,
    spare_addresses: spareAddresses,
    env,
    secret: scenario.secrets.values,
  }));
  const trees = await withoutSecrets(scenario, async () =>
    renderTrees(await readTree(scenario.nodeFiles), scopes),
  );
  const planned = await Promise.all(
    machines.map(async (machine, index) => {
      const [config, rendered] = [configs[index]?.config, trees[index]];
      if (!config || !rendered) return [];
      const tree = placedModes(rendered, config.place);
      const aptSources = await withKeys(config, tree);
      return [{ id: machine.id, machine, config: { ...config, aptSources }, tree }];
    }),
  );
  return planned.flat();
}

/** What a template throws may hold what it was given. */
async function withoutSecrets<T>({ secrets }: Scenario, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof UsageError) error.message = secrets.mask(error.message);
    throw error;
  }
}

function nodeConfigs(
  scenario: Scenario,
  nodes: readonly NodeFacts[],
): { node: NodeFacts; config: NodeConfig }[] {
  const mistakes = new Set<string>();
  const configs = nodes.flatMap((node) => {
    try {
      return [{ node, config: scenario.nodeConfig(node, nodes) }];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      mistakes.add(error.message);
      return [];
    }
  });
  if (mistakes.size > 0) throw new UsageError([...mistakes].join('\n'));
  return configs;
}
