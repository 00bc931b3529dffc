/** What runs test files: as it is written, with its placeholders. */
export type CommandWords = string | readonly string[];

/** One process of tests that is to be started. */
export interface TestProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
