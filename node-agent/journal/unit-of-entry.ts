import type { JournalEntry } from './journal-entries.ts';

/** The fields by which an entry belongs to a unit. */
export const unitFields = [
  '_SYSTEMD_UNIT',
  '_SYSTEMD_SLICE',
  'UNIT',
  'OBJECT_SYSTEMD_UNIT',
  'COREDUMP_UNIT',
  'MESSAGE_ID',
  '_UID',
];

/** "Process … dumped core", in systemd's catalogue of messages (sd-messages.h, COREDUMP). */
const coredump = 'fc2e22bc6ee647b6b90729ab34a250b1';

/**
 * Whether `journalctl -u` shows an entry for a unit: what its processes said, what systemd said of it, and
 * what root's programs said of it and of its cores (journalctl(1), under `-u`).
 */
export function isOfUnit(entry: JournalEntry, unit: string): boolean {
  const name = /\.(?:service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/.test(unit)
    ? unit
    : `${unit}.service`;
  const is = (field: string, value: string) => entry.get(field)?.toString('utf8') === value;
  return (
    is('_SYSTEMD_UNIT', name) ||
    (is('UNIT', name) && is('_PID', '1')) ||
    (is('OBJECT_SYSTEMD_UNIT', name) && is('_UID', '0')) ||
    (is('COREDUMP_UNIT', name) && is('MESSAGE_ID', coredump) && is('_UID', '0')) ||
    (name.endsWith('.slice') && is('_SYSTEMD_SLICE', name))
  );
}
