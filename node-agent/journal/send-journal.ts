import { spawn } from 'node:child_process';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { JournalEntries, type JournalEntry } from './journal-entries.ts';
import { journalFields, journalLine } from './journal-line.ts';

/** Writes the journal from a moment on (ms since the epoch), of one unit or all, as lines; ends the sink. */
export async function sendJournal(sinceMs: number, unit: string | undefined, sink: Writable): Promise<void> {
  const since = `--since=@${Math.floor(sinceMs / 1000)}`;
  const fields = `--output-fields=${journalFields.join(',')}`;
  // Without --all a long message is cut.
  const args = ['--no-pager', '-q', '--all', '-o', 'export', fields, since];
  const child = spawn('journalctl', unit === undefined ? args : [...args, '-u', unit], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.once('error', (error) => child.stdout.destroy(error));
  try {
    await pipeline(child.stdout, new JournalEntries(), lines(), sink);
  } finally {
    child.kill();
  }
}

const lines = () =>
  new Transform({
    writableObjectMode: true,
    transform: (entry: JournalEntry, _encoding, done) => done(null, journalLine(entry)),
  });
