import { expect, test } from 'vitest';
import { isOfUnit } from '../../../node-agent/journal/unit-of-entry.ts';

const entry = (fields: Readonly<Record<string, string>>) =>
  new Map(Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)]));

test('an entry belongs to a unit as journalctl -u has it', () => {
  expect(isOfUnit(entry({ _SYSTEMD_UNIT: 'web.service' }), 'web')).toBe(true);
  expect(isOfUnit(entry({ _SYSTEMD_UNIT: 'web.service' }), 'web.socket')).toBe(false);
  expect(isOfUnit(entry({ _SYSTEMD_UNIT: 'web.service.d' }), 'web')).toBe(false);
  expect(isOfUnit(entry({ UNIT: 'web.service', _PID: '1' }), 'web.service')).toBe(true);
  // Anybody may write such a field; systemd only is believed.
  expect(isOfUnit(entry({ UNIT: 'web.service', _PID: '77' }), 'web')).toBe(false);
  expect(isOfUnit(entry({ OBJECT_SYSTEMD_UNIT: 'web.service', _UID: '0' }), 'web')).toBe(true);
  expect(isOfUnit(entry({ OBJECT_SYSTEMD_UNIT: 'web.service', _UID: '1000' }), 'web')).toBe(false);
  const core = { COREDUMP_UNIT: 'web.service', _UID: '0', MESSAGE_ID: 'fc2e22bc6ee647b6b90729ab34a250b1' };
  expect(isOfUnit(entry(core), 'web')).toBe(true);
  expect(isOfUnit(entry({ ...core, MESSAGE_ID: 'x' }), 'web')).toBe(false);
  expect(isOfUnit(entry({ _SYSTEMD_SLICE: 'a.slice', _SYSTEMD_UNIT: 'b.service' }), 'a.slice')).toBe(true);
});
