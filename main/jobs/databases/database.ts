/** The rows that a statement gave, and how many it changed. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what a row has depends on the statement
  readonly rows: any[];
  readonly affected: number;
}

/** Asks one statement with `$1` values, or several without values. Throws what the database says. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<Answer>;

/**
 * A PostgreSQL of some kind. Whoever asks while `transaction` runs its action, and is called by
 * that action, is part of the transaction without knowing it: so pg-boss takes part in ours.
 * Closing it waits for what is under way.
 */
export interface Database extends AsyncDisposable {
  /** For the start line and the page: what it is, and what its data outlive. */
  readonly about: string;
  readonly ask: Ask;
  /** Whether the caller stands in a transaction. */
  readonly inTransaction: boolean;
  /**
   * Commits what `act` did, or nothing when it throws. Transactions are not
   * nested: an inner one joins the outer.
   */
  transaction<T>(act: () => Promise<T>): Promise<T>;
}
