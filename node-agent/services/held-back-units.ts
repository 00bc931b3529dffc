import { ShakedownError } from '../../common/errors.ts';
import { hasSystemd } from '../node-facts.ts';
import { isUp, journalOf, showUnit, statusOf, systemctl } from './systemctl.ts';
import type { UnitRecord } from './unit-record.ts';

/**
 * Starts units that an installation held back; those that run already, are masked or no longer exist are passed
 * over, and on a node without systemd all of them are. They are stopped with the services. Gives what was started.
 * Throws ShakedownError (`fail`) for the first that does not start.
 */
export async function startHeldBack(
  units: readonly string[],
  record: UnitRecord,
  signal: AbortSignal,
): Promise<string[]> {
  if (!hasSystemd() || units.length === 0) return [];
  const started: string[] = [];
  await systemctl(['daemon-reload'], signal);
  for (const unit of units) {
    const state = await showUnit(unit, signal);
    if (isUp(state) || state.load !== 'loaded') continue;
    record.add(unit, false);
    const { exitCode } = await systemctl(['start', '--', unit], signal);
    if (exitCode !== 0) {
      throw new ShakedownError({
        message: `unit '${unit}', which its package would have started, could not be started`,
        verdict: 'fail',
        command: `systemctl start ${unit}`,
        exitCode,
        lastLines: [...(await statusOf(unit)), ...(await journalOf(unit))],
        hint: 'look at its last lines; name it under `services` if it needs a config first',
      });
    }
    started.push(unit);
  }
  return started;
}
