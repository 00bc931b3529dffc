import { readFile } from 'node:fs/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { CommandResult } from '../../common/results.ts';
import type { MachinePower, Node } from '../cluster/node.ts';
import { serviceSpec } from '../cluster/service-spec.ts';
import { nodeFacts, type Timeouts } from '../config/scenario.ts';
import type { Session } from '../phases/phase.ts';
import { isSshOnly } from '../providers/provider.ts';
import { ConnectionLostError } from '../remotes/connection-errors.ts';
import type { CheckExecOptions, ClusterUnderTest, NodeUnderTest } from './check.ts';
import { openLocalPort } from './local-port.ts';
import { runOnMain } from './main-command.ts';
import { urlHost } from './targets.ts';

/** The session's nodes as checks see them: commands over the connection, services through the agent. */
export function clusterUnderTest(session: Session): ClusterUnderTest {
  const { scenario } = session;
  return {
    nodes: session.nodes.map((node) => nodeUnderTest(node, session)),
    execOnMain: (command, options) => runOnMain(command, scenario.directory, options),
  };
}

function nodeUnderTest(node: Node, { scenario: { timeouts }, power }: Session): NodeUnderTest {
  const { config, machine } = node;
  const call = whileUp(node, power);
  const sshOnly = isSshOnly(machine);
  const connect = (port: number) => call(() => node.remote.connect(machine.address, port));
  /** Ports of the main host, by the node's ports that they go to; they outlive a restart of the node. */
  const endpoints = new Map<number, Promise<number>>();
  const exec = (command: string | readonly string[], options: CheckExecOptions = {}) =>
    call(() =>
      node.remote.exec(command, {
        timeout: options.timeout ?? 60,
        root: options.root ?? true,
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
    );
  return {
    ...nodeFacts(machine),
    get lost() {
      return node.lost;
    },
    ...(sshOnly && { connect }),
    endpoint: async (port) => {
      if (!sshOnly) return `${urlHost(machine.address)}:${port}`;
      if (!endpoints.has(port)) {
        const { lost } = node;
        endpoints.set(
          port,
          openLocalPort(() => connect(port), lost),
        );
        lost.addEventListener('abort', () => endpoints.delete(port), { once: true });
      }
      return `127.0.0.1:${await endpoints.get(port)}`;
    },
    exec,
    readFile: async (path) => wholeOutput(await exec(['cat', '--', path]), path),
    services: () => call(() => node.agent.call('services', {})),
    startService: async (name) => {
      const service = specOf(node, name, timeouts);
      const options = { timeout: service.readyWithin + 30 };
      const params = { service, workingDir: config.workingDir };
      return call(() => node.agent.call('startService', params, options));
    },
    stopService: async (name) => {
      const { stopWithin } = specOf(node, name, timeouts);
      return call(() => node.agent.call('stopService', { name }, { timeout: stopWithin + 30 }));
    },
    killService: async (name, signal = 'KILL') => {
      specOf(node, name, timeouts);
      const params = { name, signal: signal.replace(/^SIG/, '') };
      return call(() => node.agent.call('killService', params, { timeout: 30 }));
    },
    act: (what, by) => power.act(node, what, by),
  };
}

/**
 * Calls wait until a restart that is under way is over; one that a restart breaks off is told so, and is no loss of the
 * node.
 */
function whileUp(node: Node, power: MachinePower): <T>(call: () => Promise<T>) => Promise<T> {
  return async (call) => {
    await power.up(node);
    const { remote } = node;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      if (!node.endIsMeant && node.remote === remote) throw error;
      const message = 'broken off: the node was restarted or switched off meanwhile';
      throw new ShakedownError({ message, verdict: 'fail' }, { cause: error });
    }
  };
}

async function wholeOutput(result: CommandResult, path: string): Promise<string> {
  if (result.exitCode !== 0) {
    const why = result.stderr.trim().split(': ').at(-1) || `exit ${result.exitCode ?? result.signal}`;
    throw new ShakedownError({ message: `cannot read '${path}': ${why}`, verdict: 'fail' });
  }
  return result.stdoutFile === undefined ? result.stdout : readFile(result.stdoutFile, 'utf8');
}

/** The service as the config has it; throws ShakedownError with the names that there are. */
function specOf(node: Node, name: string, timeouts: Timeouts): ServiceSpec {
  const { services } = node.config;
  const service = services.find((each) => each.name === name);
  if (service === undefined) {
    const known = services.map((each) => `'${each.name}'`).join(', ') || 'none';
    const message = `node ${node.id} has no service '${name}'; its services: ${known}`;
    throw new ShakedownError({ message, verdict: 'fail' });
  }
  return serviceSpec(service, timeouts);
}
