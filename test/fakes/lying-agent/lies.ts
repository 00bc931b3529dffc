import { answers, failure, notices } from './honest.ts';

/** What a lie is about: a field of what is said, or how it is said. */
export type Lie =
  | { readonly about: 'nothing'; readonly kind: 'none' }
  | { readonly about: 'answer'; readonly method: Method; readonly path: Path; readonly kind: FieldLie }
  | { readonly about: 'failure'; readonly method: Method; readonly path: Path; readonly kind: FieldLie }
  | { readonly about: 'notice'; readonly notice: string; readonly path: Path; readonly kind: FieldLie }
  | { readonly about: 'talk'; readonly method: Method; readonly kind: TalkLie };

export type Method = keyof typeof answers;
type Path = readonly (string | number)[];

export const fieldLies = [
  'type',
  'missing',
  'huge',
  'deep',
  'path',
  'odd path',
  'escape',
  'number',
  'many',
] as const;
export type FieldLie = (typeof fieldLies)[number];

export const talkLies = [
  'silent',
  'mute',
  'late',
  'twice',
  'wrong id',
  'no id',
  'asks',
  'unknown notice',
  'odd error',
  'garbage',
  'no json',
  'giant frame',
  'message without end',
  'notices without end',
  'answers without end',
  'many values',
  'nested',
  'past its credit',
  'stream without end',
  'stream of others',
  'evil tree',
  'ends',
] as const;
export type TalkLie = (typeof talkLies)[number];

/** Those that cost memory or time are told one after another. */
export const isHeavy = ({ kind }: Lie): boolean =>
  ['huge', 'deep', 'many', 'message without end', 'many values', 'nested', 'stream without end'].includes(
    kind,
  ) || kind.endsWith('without end');

/** Every lie that there is: each method and notice, each field of it, each kind. */
export function allLies(): readonly Lie[] {
  const methods = Object.keys(answers) as Method[];
  const fields = (value: unknown) =>
    pathsOf(value).flatMap((path) => fieldLies.map((kind) => ({ path, kind })));
  return [
    ...methods.flatMap((method) => talkLies.map((kind): Lie => ({ about: 'talk', method, kind }))),
    ...methods.flatMap((method) =>
      fields(answers[method]).map((field): Lie => ({ about: 'answer', method, ...field })),
    ),
    ...fields(failure).map((field): Lie => ({ about: 'failure', method: 'install', ...field })),
    ...Object.entries(notices).flatMap(([notice, value]) =>
      fields(value).map((field): Lie => ({ about: 'notice', notice, ...field })),
    ),
  ];
}

/** The seed of the agent that does not lie. */
export const honestSeed = 0;

/** The lie of a seed: neighbours are far apart, and all come once before one comes again. */
export function lieOf(seed: number): Lie {
  if (seed === honestSeed) return { about: 'nothing', kind: 'none' };
  const all = allLies();
  const lie = all[(seed * 7919) % all.length];
  if (!lie) throw new Error('no lies');
  return lie;
}

/** What the main host once did not withstand: told in each run of the test, not only in long ones. */
const once: readonly Partial<Record<'about' | 'method' | 'notice' | 'kind' | 'at', string>>[] = [
  { about: 'answer', method: 'reports', kind: 'path', at: 'reports.0.name' },
  { about: 'talk', method: 'pack', kind: 'evil tree' },
  { about: 'talk', method: 'reports', kind: 'evil tree' },
  { about: 'talk', method: 'reports', kind: 'stream without end' },
  { about: 'notice', kind: 'escape' },
  { about: 'failure', kind: 'escape' },
  { about: 'answer', kind: 'type' },
  { about: 'talk', method: 'services', kind: 'many values' },
  { about: 'talk', method: 'services', kind: 'message without end' },
  { about: 'talk', method: 'services', kind: 'notices without end' },
  { about: 'talk', method: 'services', kind: 'mute' },
];

/** The seeds of these lies. */
export function seedsOfOnce(): readonly number[] {
  const isOnce = (lie: Lie) =>
    once.some((wanted) => {
      const told = { ...lie, at: 'path' in lie ? lie.path.join('.') : '' } as Readonly<
        Record<string, unknown>
      >;
      return Object.entries(wanted).every(([field, value]) => told[field] === value);
    });
  return Array.from({ length: allLies().length }, (_, index) => index + 1).filter((seed) =>
    isOnce(lieOf(seed)),
  );
}

/** The value itself, and all that is in it. */
function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).map(([name, each]) =>
    pathsOf(each, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [path, ...inside.flat()];
}

/** `value` with the lie at `path`; `base` is a folder that must get no file. */
export function bend(value: unknown, path: Path, kind: FieldLie, seed: number, base: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return lieFor(value, kind, seed, base);
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => {
      if (index !== step) return [each];
      return rest.length === 0 && kind === 'missing' ? [] : [bend(each, rest, kind, seed, base)];
    });
  }
  const fields = { ...(value as Record<string, unknown>) };
  if (rest.length === 0 && kind === 'missing') delete fields[step];
  else fields[step] = bend(fields[step], rest, kind, seed, base);
  return fields;
}

const pick = <T>(from: readonly T[], seed: number): T => from[seed % from.length] as T;

function lieFor(value: unknown, kind: FieldLie, seed: number, base: string): unknown {
  const others: readonly unknown[] = [
    null,
    true,
    7,
    'text',
    [],
    {},
    [[]],
    { length: 3 },
    [null],
    { toString: 1, __proto__: null },
  ];
  switch (kind) {
    case 'type':
      return pick(others, seed);
    case 'missing':
      return undefined;
    case 'huge':
      return 'x'.repeat(1_000_000 * (1 + (seed % 20)));
    case 'deep':
      return JSON.parse(nested(50_000));
    case 'path':
      return `${'../'.repeat(20)}${base}/escaped`;
    case 'odd path':
      return pick([`${base}/escaped`, '../escaped', 'a/../../b', '..', '/', `${base}/.`, 'a\0b'], seed);
    case 'escape':
      return pick([evil, `name${evil}`, '\u202egnp.exe', '\u2028', 'a\0b', '\r\nPASS forged'], seed);
    case 'number':
      return pick([-1, 1e308, 0.5, 2 ** 53, -(2 ** 31), 4_294_967_296], seed);
    case 'many':
      return Array.from({ length: 100_001 }, () => (Array.isArray(value) ? value[0] : value));
  }
}

/** Sets a terminal's title, clears it, and forges a line. */
export const evil = '\u001b]0;owned\u0007\u001b[2J\u009b1m\r\nPASS  forged\n';

export const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
