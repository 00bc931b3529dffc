import { inspect } from 'node:util';
import type { CommandResult } from '../../../common/results.ts';
import type { NodeFacts } from '../../config/scenario.ts';
import type { Operations, ParamsOf } from '../method.ts';
import type { ClusterMethods } from '../methods.ts';
import type { ExecOptions } from '../operations/commands.ts';
import type { FaultMethods } from '../operations/fault-methods.ts';
import type { StartOptions } from '../operations/tasks.ts';
import { failure, quoted } from './cluster-error.ts';
import { type Fault, fault, type Task, task } from './until-disposed.ts';
import { asking, type On, operations, type Way } from './way.ts';

/** A node of the cluster, as tests see it. All calls may run side by side. */
export interface ClusterNode
  extends NodeFacts,
    Omit<Operations<ClusterMethods['node']>, 'startTask'>,
    Faults {
  /**
   * Runs a shell command line and gives what it prints, trimmed; throws with stderr when it does not exit 0.
   */
  sh(command: string, options?: ExecOptions): Promise<string>;
  /** Starts a shell command line and does not wait for it: a capture, a load. It reads nothing. */
  startTask(command: string, options?: StartOptions): Promise<Task>;
  /** A service by its name in the config; whether there is one shows when it is asked. */
  service(name: string): Service;
}

/** For each fault a function that injects it, and resolves when that is in effect. */
export type Faults = {
  readonly [F in keyof FaultMethods]: (...params: ParamsOf<FaultMethods[F]>) => Promise<Fault>;
};

/** A service of one node, as the config names it. */
export interface Service extends Operations<ClusterMethods['service']> {
  readonly name: string;
}

/** A node's machine as a whole. */
export type NodeMachine = Pick<ClusterNode, 'reboot' | 'powerOff' | 'powerOn' | 'snapshot' | 'restore'>;

/** The main host. */
export interface MainHost extends Operations<ClusterMethods['main']> {
  /** Runs a shell command line and gives what it prints, trimmed; throws when it does not exit 0. */
  sh(command: string, options?: Omit<ExecOptions, 'root'>): Promise<string>;
}

/** The cluster under test. */
export interface Cluster extends Pick<Operations<ClusterMethods['cluster']>, 'freeAddress'> {
  readonly nodes: readonly ClusterNode[];
  /** A node by its id or name; throws when there is none. */
  node(idOrName: number | string): ClusterNode;
  /** The nodes of a role, in the order of their ids; throws when there is none. */
  withRole(role: string): readonly ClusterNode[];
  readonly main: MainHost;
}

/** The cluster as check files have it: nodes with a function for each operation. */
export function clusterFace(way: Way): Cluster {
  const nodes = way.nodes.map((facts) => clusterNode(facts, way));

  function node(idOrName: number | string): ClusterNode {
    const found = nodes.find(({ id, name }) => id === idOrName || name === idOrName);
    if (found) return found;
    const known = nodes.map(({ id, name }) => `${id} ('${name}')`).join(', ');
    throw failure(node, `there is no node ${quoted(idOrName)}; there are ${known}`);
  }

  function withRole(role: string): readonly ClusterNode[] {
    const found = nodes.filter((each) => each.role === role);
    if (found.length > 0) return found;
    const roles = [...new Set(nodes.flatMap((each) => each.role ?? []))].map(quoted).join(', ');
    const known = roles === '' ? 'no node of this cluster has a role' : `roles in this cluster: ${roles}`;
    throw failure(withRole, `no node has the role ${quoted(role)}; ${known}`);
  }

  const { freeAddress } = operations<'cluster'>({ scope: 'cluster' }, way);
  return { nodes, node, withRole, main: mainHost(way), freeAddress };
}

function clusterNode(facts: NodeFacts, way: Way): ClusterNode {
  const on = { scope: 'node', node: facts.id } as const;
  const made = operations<'node'>(on, way);
  const service = (name: string): Service => ({
    name,
    ...operations<'service'>({ ...on, scope: 'service', service: name }, way),
  });
  const sh = shellOf(on, `node ${facts.id}`, way);
  const powers = { ...made, ...faultsOf(facts.id, way), sh, startTask: taskStarter(on, way), service };
  return shownBriefly(facts, powers) as ClusterNode;
}

function taskStarter(on: On, way: Way): ClusterNode['startTask'] {
  return async function startTask(command, options) {
    const id = await way.ask(asking(on, 'startTask', [command, options]), failure(startTask));
    return task(String(id), way);
  };
}

/**
 * In the diff of a failed assertion, and in a log, a node is its name and address. Vitest's pretty-format
 * asks `toJSON` without a key; JSON.stringify with one gets the facts, as it would without.
 */
function shownBriefly(facts: NodeFacts, powers: object): object {
  const hidden = Object.entries(powers).map(([name, value]) => [name, { value }] as const);
  const value = () => `${facts.name} (${facts.address})`;
  const json = (...key: readonly unknown[]) => (key.length === 0 ? value() : { ...facts });
  return Object.defineProperties(
    { ...facts },
    { ...Object.fromEntries(hidden), [inspect.custom]: { value }, toJSON: { value: json } },
  );
}

function faultsOf(node: number, way: Way): Faults {
  const injecting = operations<'fault'>({ scope: 'fault', node }, way, (id) => fault(String(id), way));
  return injecting as unknown as Faults;
}

function mainHost(way: Way): MainHost {
  const on = { scope: 'main' } as const;
  return { ...operations<'main'>(on, way), sh: shellOf(on, 'the main host', way) };
}

function shellOf(on: On, where: string, way: Way): ClusterNode['sh'] {
  return async function sh(command, options) {
    const failed = failure(sh);
    const result = (await way.ask(asking(on, 'exec', [command, options]), failed)) as CommandResult;
    if (result.exitCode === 0) return result.stdout.trim();
    const how = result.exitCode === null ? `was ended by ${result.signal}` : `exited ${result.exitCode}`;
    const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-10).join('\n');
    failed.message = `'${command}' ${how} on ${where}${said ? `: ${said}` : ''}`;
    throw failed;
  };
}
