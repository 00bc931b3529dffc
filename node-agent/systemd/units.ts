import { constants } from 'node:os';
import type { Bus } from './bus.ts';
import type { BusValue } from './marshal.ts';
import { ask, askOfUnit, type Done, manager, refused, systemctl } from './systemd.ts';

/** Sends a signal to all processes of a unit. */
export const killUnit = (unit: string, signal: NodeJS.Signals): Promise<Done> =>
  actOn(unit, {
    what: `kill ${unit}`,
    method: { member: 'KillUnit', signature: 'ssi' },
    args: ['all', constants.signals[signal]],
    command: ['kill', `--signal=${signal}`],
  });

/** Forgets that a unit has failed, and how often it was started. */
export const resetFailed = (unit: string, signal?: AbortSignal): Promise<Done> =>
  actOn(
    unit,
    {
      what: `reset ${unit}`,
      method: { member: 'ResetFailedUnit', signature: 's' },
      command: ['reset-failed'],
    },
    signal,
  );

/** One thing done to a unit: by a method of the manager's, or a command of systemctl's. */
interface Act {
  /** What could not be done, where it is refused. */
  readonly what: string;
  readonly method: { readonly member: string; readonly signature: string };
  /** Behind the unit's name. */
  readonly args?: readonly BusValue[];
  readonly command: readonly string[];
}

function actOn(unit: string, { what, method, args = [], command }: Act, signal?: AbortSignal): Promise<Done> {
  const done = async (bus: Bus, name: string): Promise<Done> => {
    await bus.call({ ...manager, ...method, args: [name, ...args] });
    return { exitCode: 0, stderr: '' };
  };
  return askOfUnit(
    unit,
    (bus, name) => done(bus, name).catch(refused(what)),
    () => systemctl([...command, '--', unit], signal),
    { signal },
  );
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
  const state = async (bus: Bus, name: string) => {
    const [told] = await bus.call({ ...manager, member: 'GetUnitFileState', signature: 's', args: [name] });
    return String(told);
  };
  return askOfUnit(
    unit,
    (bus, name) => state(bus, name).catch((error) => notTold(error) ?? ''),
    async () => (await systemctl(['is-enabled', '--', unit], signal)).stdout.trim(),
    { signal },
  );
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
