import { ShakedownError } from '../../../common/errors.ts';
import { type HeldBackList, withoutService } from '../../packages/held-back-list.ts';
import { changeUnit } from '../../systemd/change-unit.ts';
import { reloadUnits, unitFileState } from '../../systemd/units.ts';
import type { UnitRecord } from './unit-record.ts';
import { isUp, journalOf, showUnit, statusOf } from './unit-state.ts';

export interface HeldBackContext {
  readonly list: HeldBackList;
  readonly record: UnitRecord;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

/**
 * Starts the units that are held back, but for those of `except`, which services start. What is
 * disabled or masked by now is left alone and told; what runs, or exists no longer, is held back
 * no more. They are stopped with the services. Gives what was started. Throws ShakedownError
 * (`fail`) for the first that does not start.
 */
export async function startHeldBack(
  except: readonly string[],
  { list, record, signal, log }: HeldBackContext,
): Promise<string[]> {
  const named = new Set(except.map(withoutService));
  const units = list.all().filter((unit) => !named.has(unit));
  if (units.length === 0) return [];
  const started: string[] = [];
  await reloadUnits(signal);
  for (const unit of units) {
    const state = await showUnit(unit, signal);
    const mayStart = !isUp(state) && ['loaded', 'masked'].includes(state.load);
    const refused = mayStart ? await whyNot(unit, signal) : undefined;
    if (refused !== undefined) {
      log(`unit '${unit}', which its package would have started, is ${refused} and was not started`);
      continue;
    }
    if (mayStart) {
      record.add(unit, { wasUp: false, heldBack: true });
      await start(unit, signal);
      started.push(unit);
    }
    list.remove(unit);
  }
  return started;
}

/** `disabled` or `masked` when it is so; all else that systemctl(1) knows under `is-enabled` may start. */
async function whyNot(unit: string, signal: AbortSignal): Promise<string | undefined> {
  const state = await unitFileState(unit, signal);
  return /^(disabled|masked)(?:-runtime)?$/m.exec(state)?.[1];
}

async function start(unit: string, signal: AbortSignal): Promise<void> {
  const { exitCode } = await changeUnit('start', unit, signal);
  if (exitCode === 0) return;
  throw new ShakedownError({
    message: `unit '${unit}', which its package would have started, could not be started`,
    verdict: 'fail',
    command: `systemctl start ${unit}`,
    exitCode,
    lastLines: [...(await statusOf(unit)), ...(await journalOf(unit))],
    hint: 'look at its last lines; name it under `services` if it needs a config first',
  });
}
