import { present } from '../../common/present.ts';
import type { AgentMethods } from '../../common/protocol.ts';
import type { Probe, ServiceSpec } from '../../common/ready.ts';
import { commandText } from '../remotes/commands/shell-line.ts';
import type { Command } from '../remotes/remote.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Agent } from './agent.ts';

/**
 * The agent, whose commands and services get the secrets that they name in their
 * environment, not in their words.
 */
export function withSecrets(agent: Agent, secrets: Secrets): Agent {
  if (secrets.none) return agent;
  const filled = <Options extends { readonly env?: Readonly<Record<string, string>> }>(
    command: Command,
    options: Options,
  ): Options => ({ ...options, ...present({ env: secrets.environment(commandText(command), options.env) }) });
  const own: Pick<Agent, 'exec' | 'spawn' | 'call'> = {
    exec: (command, options = {}) => agent.exec(command, filled(command, options)),
    spawn: (command, options = {}) => agent.spawn(command, filled(command, options)),
    call: (method, params, options) => agent.call(method, ofServices(params, secrets), options),
  };
  return new Proxy(agent, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The parameters of a method, in which each service has what its commands name. */
function ofServices<Params extends AgentMethods[keyof AgentMethods]['params']>(
  params: Params,
  secrets: Secrets,
): Params {
  const { service, services, probe } = params as {
    readonly service?: ServiceSpec;
    readonly services?: readonly ServiceSpec[];
    readonly probe?: Probe;
  };
  return {
    ...params,
    ...(service && { service: ofService(service, secrets) }),
    ...(services && { services: services.map((each) => ofService(each, secrets)) }),
    ...(probe && present({ env: ofProbe(probe, secrets) })),
  };
}

function ofService(service: ServiceSpec, secrets: Secrets): ServiceSpec {
  const { command = '', env, ready } = service;
  return {
    ...service,
    ...present({ env: secrets.environment(command, env), probeEnv: ofProbe(ready, secrets) }),
  };
}

const ofProbe = (probe: Probe | undefined, secrets: Secrets) =>
  secrets.environment(probe && 'command' in probe ? probe.command : '');
