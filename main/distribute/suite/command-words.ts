/** What runs test files: as it is written, with its placeholders. */
export type CommandWords = string | readonly string[];

/** One process of tests that is to be started. */
export interface TestProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The words of a command, where a shell would find the same ones. */
export function plainWords(words: CommandWords): readonly string[] | undefined {
  if (typeof words !== 'string') return words;
  if (!/^[\w\s@%+=:,./{}-]+$/.test(words)) return undefined;
  const all = words.trim().split(/\s+/);
  return all[0]?.includes('=') ? ['env', ...all] : all;
}
