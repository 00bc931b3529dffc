import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { printableLine } from '../../common/text/printable.ts';
import type { RunRecord } from '../record/run-record.ts';
import { runTimeOf } from '../record/timeline/node-clock.ts';

/** A line of a node's journal near the first cause. */
export interface JournalLine {
  readonly node: number;
  /** ms after the first cause, by the main host's clock; before it where it is negative. */
  readonly afterMs: number;
  /** Without its stamp and the host's name. */
  readonly text: string;
}

/** ms before and after the first cause, and how many lines of these are shown at most. */
const before = { ms: 10_000, lines: 15 };
const after = { ms: 2000, lines: 8 };

/** Bytes; a longer journal is not searched. */
const longest = 128 * 1024 ** 2;

/** Characters of a line that are shown. */
const widest = 400;

/**
 * What the journals (`logs/journal.log`, as they came home) say around the first cause: that of its node, or
 * those of all nodes where it has none. In the order of time; none where nothing is known.
 */
export async function journalAround(run: RunRecord, directory: string): Promise<readonly JournalLine[]> {
  const [cause] = run.failures;
  if (cause?.at === undefined) return [];
  const nodes = cause.node === undefined ? run.nodes.map(({ id }) => id) : [cause.node];
  const atMs = cause.at - run.startedAt;
  const lines = await Promise.all(nodes.map((node) => linesOf(node, atMs, run, directory)));
  const all = lines.flat().sort((one, other) => one.afterMs - other.afterMs);
  const earlier = all.filter(({ afterMs }) => afterMs <= 0);
  return [...earlier.slice(-before.lines), ...all.slice(earlier.length, earlier.length + after.lines)];
}

async function linesOf(
  node: number,
  atMs: number,
  run: RunRecord,
  directory: string,
): Promise<readonly JournalLine[]> {
  const file = join(directory, 'nodes', String(node), 'logs', 'journal.log');
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size > longest) return [];
  const found: JournalLine[] = [];
  const source = createReadStream(file);
  for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    const { epochMs, text } = parsed(line);
    const time = epochMs === undefined ? undefined : runTimeOf(run, node, epochMs);
    const afterMs = time && time.atMs - atMs;
    if (afterMs === undefined || afterMs < -before.ms || afterMs > after.ms) continue;
    found.push({ node, afterMs, text: printableLine(text, widest) });
    // A unit that talks without end has its last words near the cause.
    if (found.length > 4 * before.lines && afterMs <= 0) found.splice(0, before.lines);
    if (found.filter((each) => each.afterMs > 0).length > after.lines) break;
  }
  source.destroy();
  return found;
}

/**
 * A line as `journalctl -o short-iso-precise` writes it; nothing is known of one that goes on with another.
 */
function parsed(line: string): { readonly epochMs?: number; readonly text: string } {
  const [, date, zone = '', minutes = '', text] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d*([+-]\d\d):?(\d\d) \S+ (.*)$/.exec(line) ?? [];
  if (date === undefined || text === undefined) return { text: line };
  const epochMs = Date.parse(`${date}${zone}:${minutes}`);
  return Number.isNaN(epochMs) ? { text: line } : { epochMs, text };
}
