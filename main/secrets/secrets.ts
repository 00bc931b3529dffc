import { secretsIn, secretVariable } from './secret-reference.ts';
import { shortestSecret, spellingsOf } from './spellings.ts';

/**
 * The secrets of a scenario: gives them to the commands that name them, and keeps them out of what is told.
 */
export class Secrets {
  /** By name, as templates see them: `secret.TOKEN`. */
  readonly values: Readonly<Record<string, string>>;
  /** Where each comes from, as a config names it: `env:TOKEN`. */
  readonly sources: Readonly<Record<string, string>>;
  /** Each way of spelling one of them, the longest first, with the name that stands in its place. */
  readonly spellings: ReadonlyMap<string, string>;
  readonly #pattern: RegExp | undefined;

  constructor(values: Readonly<Record<string, string>> = {}, sources: Readonly<Record<string, string>> = {}) {
    this.values = values;
    this.sources = sources;
    const all = Object.entries(values).flatMap(([name, value]) =>
      spellingsOf(value).map((text): [string, string] => [text, name]),
    );
    this.spellings = new Map(all.sort(([one], [other]) => other.length - one.length));
    const patterns = [...this.spellings.keys()].map((text) =>
      text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&'),
    );
    this.#pattern = patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'g');
  }

  get none(): boolean {
    return this.#pattern === undefined;
  }

  /** `env` with what the command names: as variables for its shell, and in the values of `env` themselves. */
  environment(
    command: string,
    env?: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> | undefined {
    const named = secretsIn(command).flatMap((name) => {
      const value = this.#valueOf(name);
      return value === undefined ? [] : [[secretVariable(name), value] as const];
    });
    if (named.length === 0 && env === undefined) return undefined;
    const own = Object.entries(env ?? {}).map(([name, text]) => [name, this.#filled(text)] as const);
    return Object.fromEntries([...named, ...own]);
  }

  /**
   * The text with `[secret NAME]` in place of each of them, however it is spelled, also where one is cut off.
   */
  mask(text: string): string {
    if (!this.#pattern || text.length < shortestSecret) return text;
    const masked = text.replaceAll(this.#pattern, (found) => placeholder(this.spellings.get(found) ?? ''));
    return Object.entries(this.values).reduce((rest, [name, value]) => maskCutOff(rest, name, value), masked);
  }

  /** The same of plain data, however deep: its strings and the names of its fields. */
  maskData<T>(value: T): T {
    if (!this.#pattern) return value;
    if (typeof value === 'string') return this.mask(value) as T;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.maskData(each)) as T;
    const fields = Object.entries(value).map(([name, field]) => [this.mask(name), this.maskData(field)]);
    return Object.fromEntries(fields) as T;
  }

  #valueOf(name: string): string | undefined {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  #filled(text: string): string {
    return text.replaceAll(/\$\{SHAKEDOWN_SECRET_(\w+)\}/g, (whole, name) => this.#valueOf(name) ?? whole);
  }
}

/** Characters; nothing that is shorter was cut without a `…`. */
const shortestCut = 400;

export const placeholder = (name: string): string => `[secret ${name}]`;

/** Outputs are cut to some length, and a value at the cut is there in part: at an end, or beside a `…`. */
function maskCutOff(text: string, name: string, value: string): string {
  const pieces = text.split('…');
  if (pieces.length === 1 && text.length < shortestCut) return text;
  /** How many characters may be missing of it. */
  const cuts = Array.from({ length: Math.max(0, value.length - shortestSecret) }, (_, index) => index + 1);
  const masked = pieces.map((piece) => {
    const [, before = '', body = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(piece) ?? [];
    const begun = cuts.find((cut) => body.endsWith(value.slice(0, -cut)));
    const head = begun === undefined ? body : body.slice(0, begun - value.length) + placeholder(name);
    const ended = cuts.find((cut) => head.startsWith(value.slice(cut)));
    const rest = ended === undefined ? head : placeholder(name) + head.slice(value.length - ended);
    return before + rest + after;
  });
  return masked.join('…');
}
