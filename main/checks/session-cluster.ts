import { readFile } from 'node:fs/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { CommandResult } from '../../common/results.ts';
import { nodeFacts, type Timeouts } from '../config/scenario.ts';
import type { Node, Session } from '../phases/phase.ts';
import { isSshOnly } from '../providers/provider.ts';
import type { CheckExecOptions, ClusterUnderTest, NodeUnderTest } from './check.ts';
import { openLocalPort } from './local-port.ts';
import { runOnMain } from './main-command.ts';
import { urlHost } from './targets.ts';

/** The session's nodes as checks see them: commands over the connection, services through the agent. */
export function clusterUnderTest(session: Session): ClusterUnderTest {
  const { scenario } = session;
  return {
    nodes: session.nodes.map((node) => nodeUnderTest(node, scenario.timeouts)),
    execOnMain: (command, options) => runOnMain(command, scenario.directory, options),
  };
}

function nodeUnderTest(node: Node, timeouts: Timeouts): NodeUnderTest {
  const { agent, remote, config, machine } = node;
  const sshOnly = isSshOnly(machine);
  const connect = (port: number) => remote.connect(machine.address, port);
  /** Ports of the main host, by the node's ports that they go to. */
  const endpoints = new Map<number, Promise<number>>();
  const exec = (command: string | readonly string[], options: CheckExecOptions = {}) =>
    remote.exec(command, {
      timeout: options.timeout ?? 60,
      root: options.root ?? true,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  return {
    ...nodeFacts(machine),
    lost: remote.lost,
    ...(sshOnly && { connect }),
    endpoint: async (port) => {
      if (!sshOnly) return `${urlHost(machine.address)}:${port}`;
      if (!endpoints.has(port))
        endpoints.set(
          port,
          openLocalPort(() => connect(port), remote.lost),
        );
      return `127.0.0.1:${await endpoints.get(port)}`;
    },
    exec,
    readFile: async (path) => wholeOutput(await exec(['cat', '--', path]), path),
    services: () => agent.call('services', {}),
    startService: async (name) => {
      const service = serviceSpec(node, name, timeouts);
      const options = { timeout: service.readyWithin + 30 };
      return agent.call('startService', { service, workingDir: config.workingDir }, options);
    },
    stopService: async (name) => {
      const { stopWithin } = serviceSpec(node, name, timeouts);
      return agent.call('stopService', { name }, { timeout: stopWithin + 30 });
    },
    killService: async (name, signal = 'KILL') => {
      serviceSpec(node, name, timeouts);
      return agent.call('killService', { name, signal: signal.replace(/^SIG/, '') }, { timeout: 30 });
    },
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
function serviceSpec(node: Node, name: string, timeouts: Timeouts): ServiceSpec {
  const { services } = node.config;
  const service = services.find((each) => each.name === name);
  if (service === undefined) {
    const known = services.map((each) => `'${each.name}'`).join(', ') || 'none';
    const message = `node ${node.id} has no service '${name}'; its services: ${known}`;
    throw new ShakedownError({ message, verdict: 'fail' });
  }
  const { readyWithin = timeouts.start, stopWithin = 10 } = service;
  return { ...service, readyWithin, stopWithin };
}
