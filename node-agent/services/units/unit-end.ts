import { constants } from 'node:os';
import { runProcess } from '../../process.ts';
import type { ServiceEnd } from '../service.ts';
import type { UnitState } from './unit-state.ts';

/** "Main process exited", in systemd's catalogue of messages (sd-messages.h, UNIT_PROCESS_EXIT). */
const processExit = '98e322203f7a4ed290d09fe03c09fe15';
/** siginfo's si_code, as systemd writes it. */
const kinds = { exited: 1, killed: 2, dumped: 3 } as const;

/** What systemd tells of the end of a unit's main process. */
type MainExit = Pick<UnitState, 'id' | 'exitKind' | 'exitStatus' | 'exitedAtMs'>;

/**
 * How the unit's main process ended, and when: by systemd's word, or by the journal once systemd has started
 * the next one. `noticedAt` is when it was noticed, ms since the epoch; it counts where nobody knows better,
 * and for a unit that `hadMain` no main process: what systemd tells then is the end of what had started it.
 */
export async function endOf(state: MainExit, noticedAt: number, hadMain = true): Promise<ServiceEnd> {
  if (state.exitKind > 0) {
    const known = hadMain && state.exitedAtMs > 0 ? epochOf(state.exitedAtMs) : noticedAt;
    return { ...asEnd(state.exitKind, state.exitStatus), at: Math.min(known, noticedAt) };
  }
  const { stdout } = await runProcess(
    ['journalctl', '-q', '-b', '-o', 'json', '-n', '1', `UNIT=${state.id}`, `MESSAGE_ID=${processExit}`],
    { timeout: 10 },
  ).catch(() => ({ stdout: '' }));
  return loggedEnd(stdout, noticedAt);
}

/** The end that an entry of the journal (its JSON) tells of; nothing is known from anything else. */
export function loggedEnd(entry: string, noticedAt: number): ServiceEnd {
  try {
    const { EXIT_CODE, EXIT_STATUS, __REALTIME_TIMESTAMP } = JSON.parse(entry);
    const loggedAt = Math.round(Number(__REALTIME_TIMESTAMP) / 1000) || noticedAt;
    const end = asEnd(kinds[EXIT_CODE as keyof typeof kinds] ?? 0, Number(EXIT_STATUS));
    return { ...end, at: Math.min(loggedAt, noticedAt) };
  } catch {
    return { ...asEnd(0, 0), at: noticedAt };
  }
}

/** A time of the monotonic clock, which nobody sets, as ms since the epoch. */
const epochOf = (monotonicMs: number): number =>
  Math.round(Date.now() - Number(process.hrtime.bigint()) / 1e6 + monotonicMs);

function asEnd(kind: number, status: number): Omit<ServiceEnd, 'at'> {
  if (kind === kinds.exited) return { exitCode: status, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === status)?.[0] ?? null;
  return { exitCode: null, signal: kind > 1 ? name : null };
}
