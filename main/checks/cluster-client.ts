import type { CommandResult } from '../../common/results.ts';
import type { NodeFacts } from '../config/scenario.ts';
import type { CheckExecOptions } from './check.ts';
import * as protocol from './check-protocol.ts';
import { type ClusterError, failure, quoted } from './cluster-error.ts';
import { type NodeMachine, nodeMachine } from './machine-client.ts';
import { type Service, service } from './service-client.ts';
import { workerLink } from './worker-link.ts';

/** Times in seconds; `root`: as root, true unless told; `stdin`: what the command reads. */
export type ExecOptions = Pick<CheckExecOptions, 'timeout' | 'root' | 'stdin'>;

/** A node of the cluster, as tests see it. All calls may run side by side. */
export interface ClusterNode extends NodeFacts, NodeMachine {
  /** Runs a shell command line; a non-zero exit is a result, not a throw. Ended after 60 s unless told. */
  exec(command: string, options?: ExecOptions): Promise<CommandResult>;
  /** Runs a shell command line and gives what it prints, trimmed; throws with stderr when it does not exit 0. */
  sh(command: string, options?: ExecOptions): Promise<string>;
  /** A text file's content; throws when it cannot be read. */
  readFile(path: string): Promise<string>;
  /**
   * `host:port` at which the main host reaches a port of the node, whatever the node is: at its address, or by its ssh
   * where the main host has no route to that. For a client on the main host: `curl http://${await node.endpoint(80)}/`.
   */
  endpoint(port: number): Promise<string>;
  /** A service by its name in the config. */
  service(name: string): Service;
}

/** The cluster under test. */
export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** A node by its id or name; throws when there is none. */
  node(idOrName: number | string): ClusterNode;
  /** The nodes of a role, in the order of their ids; throws when there is none. */
  withRole(role: string): readonly ClusterNode[];
  /** The main host. */
  readonly main: {
    /** Runs a shell command line in the scenario's folder; a non-zero exit is a result, not a throw. */
    exec(command: string, options?: Omit<ExecOptions, 'root'>): Promise<CommandResult>;
    /** Runs a shell command line and gives what it prints, trimmed; throws when it does not exit 0. */
    sh(command: string, options?: Omit<ExecOptions, 'root'>): Promise<string>;
  };
}

/** The cluster of this worker's run. */
export function clusterClient(): Cluster {
  const nodes = workerLink().nodes.map(clusterNode);

  function node(idOrName: number | string): ClusterNode {
    const found = nodes.find(({ id, name }) => id === idOrName || name === idOrName);
    if (found) return found;
    const known = nodes.map(({ id, name }) => `${id} ('${name}')`).join(', ');
    throw failure(node, `there is no node ${quoted(idOrName)}; there are ${known}`);
  }

  function withRole(role: string): readonly ClusterNode[] {
    const found = nodes.filter((each) => each.role === role);
    if (found.length > 0) return found;
    const roles = [...new Set(nodes.flatMap((each) => each.role ?? []))].map(quoted).join(', ') || 'none';
    throw failure(withRole, `no node has the role ${quoted(role)}; roles in this cluster: ${roles}`);
  }

  return { nodes, node, withRole, main: shell(undefined) };
}

function clusterNode(facts: NodeFacts): ClusterNode {
  const node = facts.id;
  function readFile(path: string): Promise<string> {
    return workerLink().ask(protocol.readFile, { node, path }, failure(readFile));
  }
  function endpoint(port: number): Promise<string> {
    return workerLink().ask(protocol.endpoint, { node, port }, failure(endpoint));
  }
  const methods = { readFile, endpoint, service: (name: string) => service(node, name) };
  return { ...facts, ...shell(node), ...nodeMachine(node), ...methods };
}

/** `exec` and `sh` of a node, or of the main host. */
function shell(node: number | undefined): Pick<ClusterNode, 'exec' | 'sh'> {
  const at = node === undefined ? {} : { node };
  const where = node === undefined ? 'the main host' : `node ${node}`;
  const run = (command: string, options: ExecOptions | undefined, failed: ClusterError) =>
    workerLink().ask(protocol.exec, { ...at, command, ...options }, failed);

  function exec(command: string, options?: ExecOptions): Promise<CommandResult> {
    return run(command, options, failure(exec));
  }

  async function sh(command: string, options?: ExecOptions): Promise<string> {
    const failed = failure(sh);
    const result = await run(command, options, failed);
    if (result.exitCode === 0) return result.stdout.trim();
    const how = result.exitCode === null ? `was ended by ${result.signal}` : `exited ${result.exitCode}`;
    const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-10).join('\n');
    failed.message = `'${command}' ${how} on ${where}${said ? `: ${said}` : ''}`;
    throw failed;
  }

  return { exec, sh };
}
