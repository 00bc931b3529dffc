import { UsageError } from '../../common/errors.ts';
import { nodeFacts, type Scenario } from '../config/scenario.ts';
import type { Machine } from '../providers/provider.ts';
import { readTree } from '../render/read-tree.ts';
import { renderTree } from '../render/render-tree.ts';
import type { PlannedNode } from './phase.ts';

/**
 * What each machine is to get: its config with the functions applied, its files rendered. Touches no machine.
 * Throws one UsageError that names every mistake on every node.
 */
export async function planNodes(
  scenario: Scenario,
  machines: readonly Machine[],
  env: NodeJS.ProcessEnv,
): Promise<readonly PlannedNode[]> {
  const source = await readTree(scenario.nodeFiles);
  const nodes = machines.map(nodeFacts);
  const mistakes = new Set<string>();
  const planned: PlannedNode[] = [];
  for (const machine of machines) {
    try {
      const config = scenario.nodeConfig(nodeFacts(machine), nodes);
      const scope = { node: machine.address, node_id: machine.id, nodes, env };
      const tree = renderTree(source, { main_config: scenario.mainConfig, node_config: config, ...scope });
      planned.push({ id: machine.id, machine, config, tree });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      mistakes.add(error.message);
    }
  }
  if (mistakes.size > 0) throw new UsageError([...mistakes].join('\n'));
  return planned;
}
