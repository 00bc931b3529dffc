import { printable } from '../../common/text/printable.ts';
import { readableBytes } from '../../common/text/readable-bytes.ts';
import type { JournalEntry } from './journal-entries.ts';

/** The fields of an entry that a line of a log needs. */
export const journalFields = [
  '_SOURCE_REALTIME_TIMESTAMP',
  '_HOSTNAME',
  'SYSLOG_IDENTIFIER',
  '_COMM',
  '_PID',
  'SYSLOG_PID',
  'MESSAGE',
];

/**
 * An entry as `journalctl -o short-iso-precise` shows it, but for messages that are not plain text, of which
 * that says no more than `[22B blob data]`: bytes that are no UTF-8 and characters that would act on a
 * terminal are shown as `\xff`, colours are left out.
 */
export function journalLine(entry: JournalEntry): string {
  const field = (...names: readonly string[]) => {
    const name = names.find((each) => entry.has(each));
    return name === undefined ? undefined : printable(readableBytes(entry.get(name) ?? Buffer.alloc(0)));
  };
  const micros = Number(field('_SOURCE_REALTIME_TIMESTAMP', '__REALTIME_TIMESTAMP') ?? 0);
  const pid = field('_PID', 'SYSLOG_PID');
  const who = `${field('SYSLOG_IDENTIFIER', '_COMM') ?? 'unknown'}${pid === undefined ? '' : `[${pid}]`}`;
  const head = `${stampOf(micros)} ${field('_HOSTNAME') ?? 'localhost'} ${who}: `;
  const message = (field('MESSAGE') ?? '').replace(/\n+$/, '');
  return `${head}${message.replaceAll('\n', `\n${' '.repeat(head.length)}`)}\n`;
}

/** In the node's own zone, as the rest of its logs. */
function stampOf(micros: number): string {
  const date = new Date(micros / 1000);
  const away = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + away * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  const zone = `${away < 0 ? '-' : '+'}${two(away / 60)}${two(away % 60)}`;
  return `${local}.${String(micros % 1_000_000).padStart(6, '0')}${zone}`;
}
