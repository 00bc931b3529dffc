import { expect, test } from 'vitest';
import { endOf, loggedEnd } from '../../../../node-agent/services/units/unit-end.ts';

/** When it was noticed, ms since the epoch. */
const noticedAt = 1_764_000_000_500;

test('an entry of the journal tells how and when a process ended that systemd has replaced since', () => {
  const entry = (code: string, status: number) =>
    JSON.stringify({ EXIT_CODE: code, EXIT_STATUS: `${status}`, __REALTIME_TIMESTAMP: '1764000000123456' });
  const at = 1_764_000_000_123;
  expect(loggedEnd(entry('exited', 4), noticedAt)).toEqual({ exitCode: 4, signal: null, at });
  expect(loggedEnd(entry('killed', 9), noticedAt)).toEqual({ exitCode: null, signal: 'SIGKILL', at });
  expect(loggedEnd(entry('dumped', 11), noticedAt)).toEqual({ exitCode: null, signal: 'SIGSEGV', at });
});

test('without such an entry nothing is claimed', () => {
  for (const entry of ['', 'no journal', '{}', '{"EXIT_CODE":"odd","EXIT_STATUS":"4"}'])
    expect(loggedEnd(entry, noticedAt)).toEqual({ exitCode: null, signal: null, at: noticedAt });
});

test('by systemd’s word it ended when its main process did, not when that was noticed', async () => {
  const now = Number(process.hrtime.bigint()) / 1e6;
  const exit = { id: 'a.service', exitKind: 1, exitStatus: 3, exitedAtMs: now - 700 };
  const seenAt = Date.now();
  const { at, ...how } = await endOf(exit, seenAt);
  expect(how).toEqual({ exitCode: 3, signal: null });
  expect(seenAt - at).toBeGreaterThan(600);
  expect(seenAt - at).toBeLessThan(10_000);
});

test('what started a unit without a main process ended long before its last process did', async () => {
  const exit = { id: 'a.service', exitKind: 1, exitStatus: 0, exitedAtMs: 1 };
  expect((await endOf(exit, noticedAt, false)).at).toBe(noticedAt);
});
