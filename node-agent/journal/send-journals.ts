import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { JournalEntries, type JournalEntry } from './journal-entries.ts';
import { journalFields, journalLine } from './journal-line.ts';
import { isOfUnit, unitFields } from './unit-of-entry.ts';

/**
 * Writes the journal from a moment on (ms since the epoch) as lines: all of it to the first sink, that of
 * each unit to its own, which come in the order of `units`. The journal is read once. Ends the sinks; one
 * that is closed by its reader costs the others nothing.
 */
export async function sendJournals(
  sinceMs: number,
  units: readonly string[],
  [whole, ...ofUnits]: readonly Writable[],
): Promise<void> {
  const since = `--since=@${Math.floor(sinceMs / 1000)}`;
  const fields = `--output-fields=${[...journalFields, ...unitFields].join(',')}`;
  // Without --all a long message is cut.
  const child = spawn('journalctl', ['--no-pager', '-q', '--all', '-o', 'export', fields, since], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.once('error', (error) => child.stdout.destroy(error));
  const sinks = [...(whole ? [whole] : []), ...ofUnits];
  const split = async (entries: AsyncIterable<JournalEntry>) => {
    for await (const entry of entries) {
      if (sinks.every((sink) => sink.destroyed)) return;
      const line = journalLine(entry);
      if (whole) await give(whole, line);
      for (const [index, unit] of units.entries()) {
        const sink = ofUnits[index];
        if (sink && isOfUnit(entry, unit)) await give(sink, line);
      }
    }
  };
  try {
    await pipeline(child.stdout, new JournalEntries(), split);
    for (const sink of sinks) sink.end();
  } finally {
    child.kill();
  }
}

/** Resolves when more may be written, or nobody wants more. */
async function give(sink: Writable, line: string): Promise<void> {
  if (sink.destroyed || sink.write(line)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      sink.off('drain', done).off('close', done);
      resolve();
    };
    sink.once('drain', done).once('close', done);
  });
}
