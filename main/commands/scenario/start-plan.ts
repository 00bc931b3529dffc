import type { NodeConfig } from '../../config/node/node-config.ts';
import { startOrder } from '../../config/order/start-order.ts';
import type { NodeFacts } from '../../config/scenario.ts';

/** A node with its functions applied. */
export interface ConfiguredNode {
  readonly node: NodeFacts;
  readonly config: NodeConfig;
}

/** A service that is started, and on which nodes. */
interface Started {
  readonly service: string;
  readonly nodes: readonly string[];
}

/** The services of a cluster in the order in which they are started, a list for each stage. */
export function startPlan(nodes: readonly ConfiguredNode[]): readonly (readonly Started[])[] {
  const { stages } = startOrder(nodes.map(({ node, config }) => ({ node, services: config.services })));
  const names = new Map(nodes.map(({ node }) => [node.id, node.name]));
  return stages.map((stage) =>
    [...Map.groupBy(stage, ({ service }) => service)].map(([service, on]) => ({
      service,
      nodes: on.map(({ node }) => names.get(node) ?? `${node}`),
    })),
  );
}

/** `1  mariadb on node0`, a line for each stage; nothing where all services begin at once. */
export function planInWords(stages: ReturnType<typeof startPlan>): string {
  if (stages.length < 2) return '';
  const lines = stages.map((stage, index) => {
    const words = stage.map(({ service, nodes }) => `${service} on ${nodes.join(', ')}`);
    return `  ${index + 1}  ${words.join('; ')}\n`;
  });
  return `\nServices are started in this order, those of a line side by side:\n${lines.join('')}`;
}
