import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../../common/events.ts';

/** ms between two looks at the file. */
const lookEvery = 250;
/** Bytes that are read at once. */
const pieceSize = 1024 * 1024;

/**
 * Follows the `events.ndjson` of the run that is made in `runs`, and hands over what comes to it. `end` reads
 * the rest. What cannot be told ends the following, and no job.
 */
export function followEvents(
  runs: string,
  tell: (events: readonly RunEvent[]) => Promise<void>,
): { end(): Promise<void> } {
  const over = new AbortController();
  let offset = 0;
  let rest = Buffer.alloc(0);
  const look = async (): Promise<void> => {
    const [run] = foldersIn(runs);
    const path = run === undefined ? undefined : join(run, 'events.ndjson');
    if (path === undefined || !existsSync(path)) return;
    await using file = await open(path);
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(pieceSize), 0, pieceSize, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      const read = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = read.lastIndexOf('\n') + 1;
      rest = read.subarray(end);
      await tell(eventsIn(read.subarray(0, end).toString()));
    }
  };
  const follow = async (): Promise<void> => {
    for (;;) {
      const isLast = over.signal.aborted;
      await look();
      if (isLast) return;
      await sleep(lookEvery, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const following = follow().catch(() => undefined);
  return {
    async end() {
      over.abort();
      await following;
    },
  };
}

/** Folders themselves, not links to them; none where there is nothing. */
export function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder).map((name) => join(folder, name));
  return entries.filter((path) => lstatSync(path).isDirectory());
}

function eventsIn(text: string): readonly RunEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as RunEvent];
    } catch {
      // Cut off by a full disk.
      return [];
    }
  });
}
