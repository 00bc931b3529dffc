import { present } from '../../common/present.ts';
import type { AgentMethods } from '../../common/protocol.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import type { Command } from '../remotes/remote.ts';
import { commandText } from '../remotes/shell-line.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Agent } from './agent.ts';

/** The agent, whose commands and services get the secrets that they name in their environment, not in their words. */
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
  const { service, services } = params as {
    readonly service?: ServiceSpec;
    readonly services?: readonly ServiceSpec[];
  };
  return {
    ...params,
    ...(service && { service: ofService(service, secrets) }),
    ...(services && { services: services.map((each) => ofService(each, secrets)) }),
  };
}

function ofService(service: ServiceSpec, secrets: Secrets): ServiceSpec {
  const { command = '', env, ready } = service;
  const probe = ready && 'command' in ready ? ready.command : '';
  return {
    ...service,
    ...present({ env: secrets.environment(command, env), probeEnv: secrets.environment(probe) }),
  };
}
