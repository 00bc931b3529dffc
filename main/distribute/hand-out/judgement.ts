/** Whom many failures running speak against. */
export type Accused = { readonly runner: string } | { readonly node: number };

/** What is said of a runner, or of a node, that failed many files running. */
export type Judgement =
  | {
      readonly kind: 'broken';
      readonly of: Accused;
      readonly runners: readonly string[];
      /** Those that pass elsewhere. */
      readonly files: readonly string[];
    }
  | { readonly kind: 'cleared'; readonly of: Accused }
  /** These were the last that it had, and all of them failed: others are to say what they come to. */
  | { readonly kind: 'doubted'; readonly of: Accused; readonly files: readonly string[] };

/** What follows when a file has ended, or none waits any more. */
export interface Found {
  readonly judgements: readonly Judgement[];
  /** Files that are to be run elsewhere now. */
  readonly again: readonly string[];
}
