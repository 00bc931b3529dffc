import { ShakedownError } from '../../common/errors.ts';
import type { ServiceSpec } from '../../common/ready.ts';
import { shellName } from '../command-shell.ts';
import type { Service, ServiceEnd } from './service.ts';

/** It ended, or was stopped (`end` is then undefined), before it was ready. */
export async function endedWhileStarting(
  spec: ServiceSpec,
  service: Service,
  end: ServiceEnd | undefined,
): Promise<ShakedownError> {
  if (!end) return new ShakedownError({ message: `service '${spec.name}' was stopped while it started` });
  const how = end.signal
    ? `was ended by ${end.signal}`
    : end.exitCode === null
      ? 'ended'
      : `ended with exit code ${end.exitCode}`;
  return new ShakedownError({
    message: `service '${spec.name}' ${how} while it started`,
    verdict: 'fail',
    ...(spec.command === undefined ? {} : { command: spec.command, shell: shellName() }),
    exitCode: end.exitCode,
    at: end.at,
    lastLines: await service.tellingLines().catch(() => []),
    ...(end.exitCode === 0 && spec.command !== undefined
      ? { hint: 'a supervised command must stay in the foreground: turn its own daemon mode off' }
      : {}),
  });
}

/** `last`: what the last probe found wrong. */
export async function notReady(spec: ServiceSpec, service: Service, last: string): Promise<ShakedownError> {
  const at = Date.now();
  return new ShakedownError({
    message: `service '${spec.name}' was not ready after ${spec.readyWithin} s; last probe: ${last}`,
    verdict: 'fail',
    ...(spec.command === undefined ? {} : { command: spec.command, shell: shellName() }),
    at,
    lastLines: await service.tellingLines().catch(() => []),
    hint: 'look at its last lines; if it only needs longer, raise `readyWithin`',
  });
}

export const unknownService = (name: string, known: readonly string[]): ShakedownError =>
  new ShakedownError({
    message: `there is no service '${name}' on this node`,
    hint: known.length > 0 ? `its services are ${known.join(', ')}` : 'no service was started on it',
  });
