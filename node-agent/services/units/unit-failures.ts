import { ShakedownError } from '../../../common/errors.ts';
import { lastLinesOf } from '../../output-buffer.ts';
import type { ProcessResult } from '../../process.ts';
import { journalSince, statusOf, type UnitState } from './unit-state.ts';

/** A service and its unit. */
export interface NamedUnit {
  readonly name: string;
  readonly unit: string;
}

/** Why a service by systemd failed; verdict `fail` unless told. */
export const unitFailure = (
  { name }: NamedUnit,
  why: string,
  more: Partial<ShakedownError['details']> = {},
): ShakedownError =>
  new ShakedownError({ verdict: 'fail', ...more, message: `service '${name}' failed: ${why}` });

/** Throws for a unit that systemd cannot start at all: unknown, masked, or not to be understood. */
export function refuseUnusable(named: NamedUnit, { load }: UnitState): void {
  const { unit } = named;
  if (load === 'not-found') {
    throw unitFailure(named, `the unit '${unit}' does not exist on the node`, {
      hint: 'correct the name (`systemctl list-unit-files` on the node), or add the package that brings it',
    });
  }
  if (load === 'masked') {
    throw unitFailure(named, `the unit '${unit}' is masked`, {
      hint: `\`systemctl unmask ${unit}\` in a set-up step`,
    });
  }
  if (load === 'bad-setting' || load === 'error') {
    throw unitFailure(named, `the unit '${unit}' cannot be loaded (${load})`, {
      hint: `\`systemd-analyze verify ${unit}\` on the node`,
    });
  }
}

/** What systemctl said when it could not start a unit, with the unit's status and its journal since then. */
export async function notStarted(
  named: NamedUnit,
  verb: string,
  { exitCode, stderr }: Pick<ProcessResult, 'exitCode' | 'stderr'>,
  sinceMs: number,
): Promise<ShakedownError> {
  const { unit } = named;
  const at = Date.now();
  const [status, journal] = await Promise.all([statusOf(unit), journalSince(unit, sinceMs)]);
  return unitFailure(named, 'systemd could not start it', {
    command: `systemctl ${verb} ${unit}`,
    exitCode,
    at,
    lastLines: [...lastLinesOf(stderr, 3), ...status, ...journal],
  });
}
