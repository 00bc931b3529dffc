import { closest } from '../../../common/text/closest.ts';
import type { After, NodeTarget, ServiceConfig } from '../node/node-config.ts';
import type { NodeFacts } from '../scenario.ts';
import { findCircle } from './find-circle.ts';
import { isTarget, targetInWords } from './targets.ts';

/** A node as the order sees it. */
export interface OrderedNode {
  readonly node: Pick<NodeFacts, 'id' | 'name' | 'role'>;
  /** In the order in which the node starts them. */
  readonly services: readonly Pick<ServiceConfig, 'name' | 'after'>[];
}

export interface ServiceOnNode {
  /** The node's id. */
  readonly node: number;
  readonly service: string;
}

export interface OrderMistake {
  readonly node: number;
  /** In the node's config: `services[1].after`. */
  readonly path: string;
  readonly message: string;
}

/** In which order the services of a cluster are started. */
export interface StartOrder {
  /** What must be ready on other nodes, or later on its own, before the service is started. */
  waitsFor(one: ServiceOnNode): readonly ServiceOnNode[];
  /** All services: those of one stage can be started side by side once the stages before it are ready. */
  readonly stages: readonly (readonly ServiceOnNode[])[];
  /** With any of them there is no order. */
  readonly mistakes: readonly OrderMistake[];
}

export const keyOf = ({ node, service }: ServiceOnNode): string => `${node}/${service}`;

/**
 * Puts the services of all nodes in order, or says why there is none: a service that is nowhere, or a circle.
 */
export function startOrder(nodes: readonly OrderedNode[]): StartOrder {
  const waits = new Map<string, readonly ServiceOnNode[]>();
  const before = new Map<string, readonly ServiceOnNode[]>();
  const mistakes: OrderMistake[] = [];
  for (const { node, services } of nodes) {
    for (const [index, { name, after }] of services.entries()) {
      const one = { node: node.id, service: name };
      const wanted = [after ?? []].flat().flatMap((each) => resolve(each, one, nodes));
      for (const problem of wanted.filter((each) => typeof each === 'string'))
        mistakes.push({ node: node.id, path: `services[${index}].after`, message: problem });
      const found = wanted.filter((each) => typeof each !== 'string');
      waits.set(keyOf(one), found);
      const previous = services[index - 1];
      before.set(keyOf(one), previous ? [...found, { node: node.id, service: previous.name }] : found);
    }
  }
  const all = nodes.flatMap(({ node, services }) =>
    services.map(({ name }) => ({ node: node.id, service: name })),
  );
  const circle = findCircle(all, before, keyOf);
  if (circle) mistakes.push(circleMistake(circle, waits, nodes));
  return {
    waitsFor: (one) => waits.get(keyOf(one)) ?? [],
    stages: mistakes.length > 0 ? [] : stagesOf(all, before),
    mistakes,
  };
}

/** What one `after` of a service means; a text says what is wrong with it. */
function resolve(
  after: After,
  one: ServiceOnNode,
  nodes: readonly OrderedNode[],
): readonly (ServiceOnNode | string)[] {
  const named = typeof after === 'object' && 'service' in after ? after.service : undefined;
  const on: NodeTarget = typeof after === 'object' && 'service' in after ? (after.on ?? 'all') : after;
  if (named !== undefined) {
    const names = new Set(nodes.flatMap(({ services }) => services.map(({ name }) => name)));
    if (!names.has(named)) return [nowhere(named, names)];
  }
  const there = nodes.filter(({ node }) => isTarget(node, on));
  const found = there.flatMap(({ node, services }) => {
    const names = services.map(({ name }) => name);
    const alike = names.filter((name) => name === (named ?? one.service));
    const wanted = named === undefined && alike.length === 0 ? names : alike;
    return wanted.map((service) => ({ node: node.id, service }));
  });
  if (there.length > 0 && found.length === 0)
    return [
      `there is no service${named === undefined ? '' : ` '${named}'`} on ${targetInWords(on)} to wait for`,
    ];
  // Of its own node only what is named: what comes before it there has been started anyway.
  return found.filter(
    ({ node, service }) => node !== one.node || (named !== undefined && service !== one.service),
  );
}

function nowhere(name: string, names: ReadonlySet<string>): string {
  const near = closest(name, names);
  const known = near ? `did you mean '${near}'?` : `services are: ${[...names].join(', ')}`;
  return `no node has a service '${name}'; ${known}`;
}

/** Blamed on a service that says `after`; in every circle there is one. */
function circleMistake(
  circle: readonly ServiceOnNode[],
  waits: ReadonlyMap<string, readonly ServiceOnNode[]>,
  nodes: readonly OrderedNode[],
): OrderMistake {
  const nodeOf = (id: number) => nodes.find(({ node }) => node.id === id);
  const name = ({ node, service }: ServiceOnNode) => `'${service}' of ${nodeOf(node)?.node.name ?? node}`;
  const asks = (one: ServiceOnNode, other: ServiceOnNode) =>
    waits.get(keyOf(one))?.some((each) => keyOf(each) === keyOf(other)) ?? false;
  const after = (index: number) => circle[(index + 1) % circle.length] as ServiceOnNode;
  const begin = circle.findIndex((one, index) => asks(one, after(index)));
  const round = [...circle.slice(begin), ...circle.slice(0, begin)];
  const blamed = round[0] as ServiceOnNode;
  const steps = round.map((one, index) => {
    const next = round[(index + 1) % round.length] as ServiceOnNode;
    return `${asks(one, next) ? 'waits for' : 'is started after'} ${name(next)}`;
  });
  const place = nodeOf(blamed.node)?.services.findIndex((each) => each.name === blamed.service);
  return {
    node: blamed.node,
    path: `services[${place}].after`,
    message: `a circle: ${name(blamed)} ${steps.join(', which ')}`,
  };
}

function stagesOf(
  all: readonly ServiceOnNode[],
  before: ReadonlyMap<string, readonly ServiceOnNode[]>,
): ServiceOnNode[][] {
  const stageOf = new Map<string, number>();
  const find = (one: ServiceOnNode): number => {
    const known = stageOf.get(keyOf(one));
    if (known !== undefined) return known;
    const stage = Math.max(-1, ...(before.get(keyOf(one)) ?? []).map(find)) + 1;
    stageOf.set(keyOf(one), stage);
    return stage;
  };
  const stages: ServiceOnNode[][] = [];
  for (const one of all) {
    const stage = find(one);
    stages[stage] = [...(stages[stage] ?? []), one];
  }
  return stages;
}
