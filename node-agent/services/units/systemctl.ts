import { ShakedownError } from '../../../common/errors.ts';
import { lastLinesOf, tellingLinesOf } from '../../output-buffer.ts';
import { type ProcessResult, runProcess } from '../../process.ts';

/** What `systemctl show` tells of a unit; see org.freedesktop.systemd1(5). */
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

const properties = [
  'Id,Type,LoadState,ActiveState,SubState,Result,MainPID,ExecMainCode,ExecMainStatus',
  'ExecMainExitTimestampMonotonic,NRestarts,Restart,ControlGroup,NeedDaemonReload',
].join(',');

/** Runs systemctl without colours, pager and questions. */
export const systemctl = (args: readonly string[], signal?: AbortSignal): Promise<ProcessResult> =>
  runProcess(['systemctl', '--no-pager', '--no-ask-password', ...args], {
    env: { LC_ALL: 'C', SYSTEMD_COLORS: '0' },
    signal,
  });

export async function showUnit(unit: string, signal?: AbortSignal): Promise<UnitState> {
  const result = await systemctl(['show', '--property', properties, '--', unit], signal);
  if (result.exitCode !== 0) {
    throw new ShakedownError({
      message: `systemd does not answer about unit '${unit}'`,
      command: `systemctl show ${unit}`,
      exitCode: result.exitCode,
      lastLines: lastLinesOf(result.stderr || result.stdout),
    });
  }
  return parseUnitState(result.stdout);
}

export function parseUnitState(text: string): UnitState {
  const values = new Map(
    text.split('\n').map((line) => {
      const [name = '', ...rest] = line.split('=');
      return [name, rest.join('=')] as const;
    }),
  );
  const number = (name: string) => Number(values.get(name) || 0);
  return {
    id: values.get('Id') ?? '',
    type: values.get('Type') ?? '',
    load: values.get('LoadState') ?? '',
    active: values.get('ActiveState') ?? '',
    sub: values.get('SubState') ?? '',
    result: values.get('Result') ?? '',
    mainPid: number('MainPID'),
    exitKind: number('ExecMainCode'),
    exitStatus: number('ExecMainStatus'),
    exitedAtMs: number('ExecMainExitTimestampMonotonic') / 1000,
    restarts: number('NRestarts'),
    restart: values.get('Restart') ?? '',
    group: values.get('ControlGroup') ?? '',
    needsReload: values.get('NeedDaemonReload') === 'yes',
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
