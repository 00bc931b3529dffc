import type { z } from 'zod';

/** A machine as options ask for it. */
export type Wanted = { readonly name?: string | undefined; readonly role?: string | undefined };

/** What a config must know of a kind of machine: its options' schema, and the machines that they ask for. */
export interface Kind {
  readonly schema: z.ZodType;
  readonly wanted: (options: unknown) => readonly Wanted[];
  /** Machines are made, as many as are wanted; else they are there already. */
  readonly makes: boolean;
  /** The options with the paths in them absolute, for those that are relative to the scenario's folder. */
  readonly located?: (options: unknown, directory: string) => unknown;
  /** The files on the main host that such options name, absolute: what else is needed of it travels. */
  readonly files?: (located: unknown) => readonly string[];
}
