import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '../../common/present.ts';
import type { ServiceStatus } from '../../common/service-status.ts';
import type { Entry } from './entry.ts';
import type { ServiceLook } from './service.ts';

/** Waits until the main process `pid` is gone; systemd may start another one. */
export async function untilGone(entry: Entry, pid: number | undefined): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const now = await entry.service.look();
    if (!now.running && entry.state === 'ready') entry.state = 'stopped';
    // systemd tells each property by itself: in between it may have noticed that the process is gone.
    const another = now.pid !== undefined && now.pid !== pid;
    if (!now.running || now.restarting || another) return;
    await sleep(20);
  }
}

/** What a service is now, and the last lines of its log. */
export async function statusOf(entry: Entry): Promise<ServiceStatus> {
  const { name } = entry.spec;
  const look: Partial<ServiceLook> = await entry.service.look().catch(() => ({}));
  const lastLines = await entry.service.lastLines();
  const known = entry.resumed ? await entry.service.seen() : entry.state;
  const state = known === 'ready' && look.restarting ? 'restarting' : known;
  const ended = state === 'stopped' || state === 'died' ? entry.end : undefined;
  return {
    name,
    state,
    ...present({ pid: look.pid, exitCode: ended?.exitCode }),
    lastLines,
  };
}
