/**
 * What a project's test files took, and whether they failed, as `history.json` of a distribution has it:
 * what is known of each file, and anything else.
 */
export interface TestHistory {
  readonly files: Readonly<Record<string, unknown>>;
  readonly [more: string]: unknown;
}
