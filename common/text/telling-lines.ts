/**
 * The lines of a log that tell most, in their order, at most `count` of them: lines that say the
 * same again and again stand once, where they first came, with how often; if that is still too much,
 * the last lines are kept, and of those before them the first that look like errors, since what
 * follows an error is often only its consequence.
 */
export function tellingLines(lines: readonly string[], count = 20): string[] {
  const entries = folded(lines);
  const kept = new Set(chosen(entries, count));
  return entries.filter((entry) => kept.has(entry)).map(shown);
}

interface Entry {
  readonly text: string;
  /** How often it came. */
  times: number;
  /** Where it came last. */
  last: number;
}

/** So often a line may come before its repeats are folded: the two ends of a bracket are no repeat. */
const often = 3;

function folded(lines: readonly string[]): readonly Entry[] {
  const kinds = lines.map(kindOf);
  const times = new Map<string, number>();
  for (const kind of kinds) times.set(kind, (times.get(kind) ?? 0) + 1);
  const first = new Map<string, Entry>();
  return lines.flatMap((text, last) => {
    const kind = kinds[last] ?? '';
    const known = first.get(kind);
    if (known) {
      known.times += 1;
      known.last = last;
      return [];
    }
    const entry = { text, times: 1, last };
    if (kind !== '' && (times.get(kind) ?? 0) >= often) first.set(kind, entry);
    return [entry];
  });
}

/**
 * Two lines are of a kind that differ in times, numbers, addresses and ids
 * only; empty for those too short to tell.
 */
function kindOf(line: string): string {
  const kind = line
    .slice(0, 400)
    .replaceAll(/\b(?:0x)?[0-9a-f]{8,}\b/gi, '#')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/#(?:[-.:,/TZ+]*#)+/g, '#');
  return kind.replaceAll(/\P{L}/gu, '').length >= 8 ? kind : '';
}

function chosen(entries: readonly Entry[], count: number): readonly Entry[] {
  if (entries.length <= count) return entries;
  const recent = entries.toSorted((one, other) => other.last - one.last);
  const end = recent.slice(0, count - Math.floor(count / 3));
  const before = entries.filter((entry) => !end.includes(entry));
  const errors = before.filter(({ text }) => looksBad(text)).slice(0, count - end.length);
  const rest = recent.slice(end.length).filter((entry) => !errors.includes(entry));
  return [...end, ...errors, ...rest.slice(0, count - end.length - errors.length)];
}

const bad = new RegExp(
  [
    String.raw`\b(?:err(?:or)?s?|fatal|panic|fail(?:ed|ure|s)?|exception|traceback|critical|emerg|alert|killed|rejected)\b`,
    String.raw`\b(?:refused|denied|unreachable|time[d ]?-?out|invalid|missing|mismatch|corrupt\w*|abort\w*|lost)\b`,
    String.raw`\b(?:cannot|can't|could not|couldn't|unable|no (?:route|such|space)|not (?:found|permitted|ready)|in use)\b`,
    String.raw`\b\w+(?:Error|Exception)\b|out of memory|segfault|core dumped`,
  ].join('|'),
  'i',
);

/** Words that make a line look like an error though it says that there was none. */
const harmless =
  /\b(?:no|0|without|zero) (?:errors?|failures?)\b|"?\berr(?:or)?"?\s*[:=]\s*(?:null|nil|none|""|0\b)/gi;

const looksBad = (text: string): boolean => bad.test(text.replaceAll(harmless, ''));

const shown = ({ text, times }: Entry): string =>
  times === 1 ? text : `${text}  (and ${(times - 1).toLocaleString('en')} like it)`;
