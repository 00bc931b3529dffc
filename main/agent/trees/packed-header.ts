import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import type { EntryHeader } from '../../../common/trees/tree-entry.ts';

const path = z.string().max(16_384);
const mode = z.int().min(0).max(0o7777);
/** What utimes(2) takes: the year 1 to the year 9999. */
const mtimeMs = z.number().min(-62e12).max(253e12);
const size = z.int().min(0);

const schema: z.ZodType<EntryHeader> = z.discriminatedUnion('kind', [
  z.object({ path, kind: z.literal('file'), mode, mtimeMs, size }),
  z.object({ path, kind: z.literal('folder'), mode, mtimeMs }),
  z.object({ path, kind: z.literal('link'), target: z.string().min(1).max(16_384) }),
  z.object({ path, kind: z.literal('again'), of: path }),
]);

/** What a node says of an entry; undefined at the end. Throws ShakedownError for anything else. */
export function headerOf(line: string): EntryHeader | undefined {
  try {
    const said: unknown = JSON.parse(line);
    if (said !== null && typeof said === 'object' && 'end' in said) return undefined;
    return schema.parse(said);
  } catch (cause) {
    throw new ShakedownError({ message: 'what the node sends is no packed tree' }, { cause });
  }
}
