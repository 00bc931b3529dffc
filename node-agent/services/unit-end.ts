import { constants } from 'node:os';
import { runProcess } from '../process.ts';
import type { ServiceEnd } from './service.ts';
import type { UnitState } from './systemctl.ts';

/** "Main process exited", in systemd's catalogue of messages (sd-messages.h, UNIT_PROCESS_EXIT). */
const processExit = '98e322203f7a4ed290d09fe03c09fe15';
/** siginfo's si_code, as systemd writes it. */
const kinds = { exited: 1, killed: 2, dumped: 3 } as const;

/**
 * How the unit's main process ended: by systemd's word, or by the journal once
 * systemd has started the next one.
 */
export async function endOf(state: Pick<UnitState, 'id' | 'exitKind' | 'exitStatus'>): Promise<ServiceEnd> {
  if (state.exitKind > 0) return asEnd(state.exitKind, state.exitStatus);
  const { stdout } = await runProcess(
    ['journalctl', '-q', '-b', '-o', 'json', '-n', '1', `UNIT=${state.id}`, `MESSAGE_ID=${processExit}`],
    { timeout: 10 },
  ).catch(() => ({ stdout: '' }));
  return loggedEnd(stdout);
}

/** The end that an entry of the journal (its JSON) tells of; nothing is known from anything else. */
export function loggedEnd(entry: string): ServiceEnd {
  try {
    const { EXIT_CODE, EXIT_STATUS } = JSON.parse(entry);
    return asEnd(kinds[EXIT_CODE as keyof typeof kinds] ?? 0, Number(EXIT_STATUS));
  } catch {
    return asEnd(0, 0);
  }
}

function asEnd(kind: number, status: number): ServiceEnd {
  if (kind === kinds.exited) return { exitCode: status, signal: null };
  const name = Object.entries(constants.signals).find(([, number]) => number === status)?.[0] ?? null;
  return { exitCode: null, signal: kind > 1 ? name : null };
}
