import { z } from 'zod';

const text = z.string();
const ms = z.number().min(0);

const kinds = {
  /** It can run files. */
  ready: z.object({ ready: z.literal(true) }),
  /** A file is begun. */
  begin: z.object({ begin: text }),
  /** A test of it has ended; the words are those of JUnit XML. */
  test: z.object({
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
  end: z.object({ end: z.object({ file: text, ms, message: text.optional(), apart: text.optional() }) }),
  /** What files set up for all that come after could not be torn down. */
  late: z.object({ late: z.object({ message: text }) }),
};

type Kinds = typeof kinds;

/** What a process that keeps its framework loaded says, a line of JSON each; `loaders/` has who says it. */
export type WarmMessage = { [Kind in keyof Kinds]: z.output<Kinds[Kind]> }[keyof Kinds];
export type WarmCase = Extract<WarmMessage, { test: unknown }>['test'];

/** Reads a line. Throws for what is no message. */
export function readWarmMessage(line: string): WarmMessage {
  const said: unknown = JSON.parse(line);
  // Its only field is its kind: a union would try each of them, for thousands of messages.
  const kind = Object.keys(Object(said))[0] ?? '';
  return (Object.hasOwn(kinds, kind) ? kinds[kind as keyof Kinds] : z.never()).parse(said);
}
