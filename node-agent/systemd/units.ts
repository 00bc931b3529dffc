import { constants } from 'node:os';
import type { Bus } from './bus.ts';
import type { BusValue } from './marshal.ts';
import { ask, type Done, manager, refused, systemctl } from './systemd.ts';
import { unitName } from './unit-name.ts';

/** Sends a signal to all processes of a unit. */
export async function killUnit(unit: string, signal: NodeJS.Signals): Promise<Done> {
  const args = ['all', constants.signals[signal]];
  return simple(`kill ${unit}`, 'KillUnit', unit, 'ssi', args, () => [
    'kill',
    `--signal=${signal}`,
    '--',
    unit,
  ]);
}

/** Forgets that a unit has failed, and how often it was started. */
export async function resetFailed(unit: string, signal?: AbortSignal): Promise<Done> {
  return simple(
    `reset ${unit}`,
    'ResetFailedUnit',
    unit,
    's',
    [],
    () => ['reset-failed', '--', unit],
    signal,
  );
}

async function simple(
  what: string,
  member: string,
  unit: string,
  signature: string,
  args: readonly BusValue[],
  command: () => readonly string[],
  signal?: AbortSignal,
): Promise<Done> {
  const otherwise = () => systemctl(command(), signal);
  const name = unitName(unit);
  if (name === undefined) return otherwise();
  const call = { ...manager, member, signature, args: [name, ...args] };
  const done = async (bus: Bus): Promise<Done> => {
    await bus.call(call);
    return { exitCode: 0, stderr: '' };
  };
  return ask((bus) => done(bus).catch(refused(what)), otherwise, { signal });
}

/** Has systemd read its units again. Resolves when it has. */
export async function reloadUnits(signal?: AbortSignal): Promise<void> {
  const reload = async (bus: Bus) => void (await bus.call({ ...manager, member: 'Reload' }));
  const otherwise = async () => void (await systemctl(['daemon-reload'], signal));
  await ask((bus) => reload(bus).catch((error) => void refused('reload')(error)), otherwise, {
    signal,
    seconds: 90,
  });
}

/** Whether a unit is `enabled`, `disabled`, `masked` …; empty for one without a file. */
export async function unitFileState(unit: string, signal?: AbortSignal): Promise<string> {
  const otherwise = async () => (await systemctl(['is-enabled', '--', unit], signal)).stdout.trim();
  const name = unitName(unit);
  if (name === undefined) return otherwise();
  const state = async (bus: Bus) => {
    const [told] = await bus.call({ ...manager, member: 'GetUnitFileState', signature: 's', args: [name] });
    return String(told);
  };
  return ask((bus) => state(bus).catch((error) => notTold(error) ?? ''), otherwise, { signal });
}

/** Names of the units that have failed; undefined where only systemctl(1) could tell. */
export function failedUnits(): Promise<readonly string[] | undefined> {
  const list = async (bus: Bus) => {
    const [units] = await bus.call({
      ...manager,
      member: 'ListUnitsFiltered',
      signature: 'as',
      args: [['failed']],
    });
    return (units as readonly (readonly BusValue[])[]).map(([name]) => String(name));
  };
  return ask<readonly string[] | undefined>(
    (bus) => list(bus).catch(notTold),
    async () => undefined,
  );
}

function notTold(error: unknown): undefined {
  refused('tell')(error);
  return undefined;
}
