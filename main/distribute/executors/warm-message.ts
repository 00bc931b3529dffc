import { z } from 'zod';

const text = z.string();
const ms = z.number().min(0);

/** What a process that keeps its framework loaded says, a line of JSON each; `loaders/` has who says it. */
export const warmMessage = z.union([
  /** It can run files. */
  z.object({ ready: z.literal(true) }),
  /** A file is begun. */
  z.object({ begin: text }),
  /** A test of it has ended; the words are those of JUnit XML. */
  z.object({
    test: z.object({
      ...{
        name: text,
        id: text.exactOptional(),
        classname: text.default(''),
        verdict: z.enum(['pass', 'fail', 'skip']),
        ms,
      },
      ...{ message: text.nullish(), detail: text.nullish() },
    }),
  }),
  /**
   * It has ended, with what went wrong beside its tests; `apart`: why a process that ran others before can
   * say nothing of it.
   */
  z.object({ end: z.object({ file: text, ms, message: text.optional(), apart: text.optional() }) }),
  /** What files set up for all that come after could not be torn down. */
  z.object({ late: z.object({ message: text }) }),
]);

export type WarmMessage = z.output<typeof warmMessage>;
export type WarmCase = Extract<WarmMessage, { test: unknown }>['test'];
