import { ShakedownError } from '../../../common/errors.ts';
import { lastLinesOf, tellingLinesOf } from '../../output-buffer.ts';
import { runProcess } from '../../process.ts';
import { BusError } from '../../systemd/bus.ts';
import { systemctl } from '../../systemd/systemd.ts';
import { unitProperties } from '../../systemd/unit-properties.ts';

/** What systemd tells of a unit; see org.freedesktop.systemd1(5). */
export interface UnitState {
  /** Its name with the suffix. */
  readonly id: string;
  /** `simple`, `notify`, `oneshot` …; empty for what is no service. */
  readonly type: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly result: string;
  /** 0 when it has none. */
  readonly mainPid: number;
  /** 1 exited, 2 killed, 3 dumped core: siginfo's si_code. */
  readonly exitKind: number;
  readonly exitStatus: number;
  /** When its main process ended, ms on the monotonic clock (clock_gettime(2)); 0 when it has not. */
  readonly exitedAtMs: number;
  readonly restarts: number;
  /** When systemd starts it again by itself: `no`, `always` …; empty for what is no service. */
  readonly restart: string;
  /** The path of its control group below the hierarchy's root; empty without one. */
  readonly group: string;
  readonly needsReload: boolean;
}

const ofUnit = ['Id', 'LoadState', 'ActiveState', 'SubState', 'NeedDaemonReload'];
const ofKind = [
  ...['Type', 'Result', 'MainPID', 'ExecMainCode', 'ExecMainStatus', 'ExecMainExitTimestampMonotonic'],
  ...['NRestarts', 'Restart', 'ControlGroup'],
];

/** What systemd says of a unit. Throws ShakedownError when it does not answer. */
export async function showUnit(unit: string, signal?: AbortSignal): Promise<UnitState> {
  const values = await unitProperties(unit, { ofUnit, ofKind }, signal).catch((error: unknown) => {
    if (!(error instanceof BusError)) throw error;
    throw new ShakedownError({
      message: `systemd does not answer about unit '${unit}'`,
      command: `systemctl show ${unit}`,
      lastLines: lastLinesOf(error.message),
    });
  });
  const text = (name: string) => values.get(name) ?? '';
  const number = (name: string) => Number(text(name) || 0);
  return {
    id: text('Id'),
    type: text('Type'),
    load: text('LoadState'),
    active: text('ActiveState'),
    sub: text('SubState'),
    result: text('Result'),
    mainPid: number('MainPID'),
    exitKind: number('ExecMainCode'),
    exitStatus: number('ExecMainStatus'),
    exitedAtMs: number('ExecMainExitTimestampMonotonic') / 1000,
    restarts: number('NRestarts'),
    restart: text('Restart'),
    group: text('ControlGroup'),
    needsReload: text('NeedDaemonReload') === 'yes',
  };
}

/** Whether it runs or is about to, a restart by systemd included. */
export const isUp = (state: UnitState): boolean =>
  ['active', 'reloading', 'activating', 'refreshing', 'maintenance'].includes(state.active);

/** It has ended, and systemd waits a while before it starts it again. */
export const isRestarting = ({ sub }: UnitState): boolean => sub.startsWith('auto-restart');

/** The last lines of a unit's journal, without the journal's own stamps. */
export async function journalOf(unit: string, count = 20): Promise<string[]> {
  const argv = ['journalctl', '--no-pager', '-q', '-o', 'cat', '-n', String(count * 5), '-u', unit] as const;
  const { stdout } = await runProcess([...argv], { timeout: 10 }).catch(() => ({ stdout: '' }));
  return lastLinesOf(withoutKills(stdout), count);
}

/**
 * What tells most of a unit's journal since a moment (ms since the epoch), without the journal's own stamps.
 */
export async function journalSince(unit: string, sinceMs: number): Promise<string[]> {
  const since = `@${Math.floor(sinceMs / 1000)}`;
  const argv = ['journalctl', '--no-pager', '-q', '-o', 'cat', '-n', '50000', '--since', since] as const;
  const { stdout } = await runProcess([...argv, '-u', unit], { timeout: 10 }).catch(() => ({ stdout: '' }));
  const lines = tellingLinesOf(withoutKills(stdout));
  // A clock that was set meanwhile has its say in what `since` means.
  return lines.length > 0 ? lines : journalOf(unit);
}

/** Without systemd's words on each process and thread that it kills. */
const withoutKills = (text: string): string =>
  text.replaceAll(/^(?:\S+: )?(?:Sending signal SIG\w+ to|Killing) process \d+ .*\n?/gm, '');

/** `systemctl status`, as lines, without the journal's, which are told apart. */
export async function statusOf(unit: string): Promise<string[]> {
  const { stdout } = await systemctl(['status', '--lines=0', '--full', '--', unit]).catch(() => ({
    stdout: '',
  }));
  return lastLinesOf(stdout, 15);
}
