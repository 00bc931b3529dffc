import type { ServiceDied } from '../../common/service-status.ts';
import type { Entry } from './entry.ts';
import type { ServiceEnd } from './service.ts';

/** Hears of what services do unasked. */
export interface ServicesListener {
  readonly died: (died: ServiceDied) => void;
  /** Something worth a line. */
  readonly note: (message: string) => void;
}

/** A service has ended: what it is now, and who is told, goes by whether that was asked for. */
export async function noteEnd(entry: Entry, end: ServiceEnd, tell: ServicesListener): Promise<void> {
  entry.end = end;
  if (end.restarted) tell.note(describeRestart(entry.spec.name, end));
  // A unit that systemd starts again by itself may yet become ready: its probe decides.
  if (entry.state === 'starting' && end.restarted && entry.spec.ready) return;
  if (!end.restarted || entry.state === 'starting') entry.onEnd?.();
  if (entry.expected) {
    if (end.restarted) entry.expected = false;
    else if (entry.state === 'ready') entry.state = 'stopped';
    return;
  }
  if (entry.state !== 'ready') return;
  if (!end.restarted) entry.state = 'died';
  const lastLines = await entry.service.tellingLines().catch(() => []);
  const { at, ...how } = end;
  tell.died({ name: entry.spec.name, ...how, agoMs: Math.max(0, Date.now() - at), lastLines });
}

const describeRestart = (name: string, { exitCode, signal }: ServiceEnd): string => {
  const code = exitCode === null ? 'ended' : `ended with exit code ${exitCode}`;
  const how = signal ? `was ended by ${signal}` : code;
  return `${name} ${how}; systemd starts it again`;
};
