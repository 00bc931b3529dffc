import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { pruneOld } from '../../store/prune-old.ts';
import { replaceFile } from '../../store/replace-file.ts';

const resolution = z.object({
  /** `name=version` of all that comes in, in order. */
  versions: z.array(z.string()),
  /** Whether the lists in the tree are older than the mirror's. */
  fresh: z.boolean(),
  /** As they were when that was the answer. */
  releases: z.array(z.object({ url: z.string(), digest: z.string(), modified: z.string().exactOptional() })),
  /** ms since the epoch. */
  at: z.number(),
});

/** What apt would install, and when that was so. */
export type Resolution = z.infer<typeof resolution>;

/** Answers that are older than so many days are of trees and configs that nobody has any more. */
const keepDays = 30;

const folderIn = (cacheDir: string): string => join(cacheDir, 'layers', 'resolved');

/** The last answer to a question; undefined where there is none. */
export async function keptAnswer(cacheDir: string, question: string): Promise<Resolution | undefined> {
  try {
    const text = await readFile(join(folderIn(cacheDir), `${question}.json`), 'utf8');
    return resolution.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Keeps an answer, in place of an earlier one; old ones go. */
export async function keepAnswer(cacheDir: string, question: string, answer: object): Promise<void> {
  const folder = folderIn(cacheDir);
  replaceFile(join(folder, `${question}.json`), JSON.stringify(answer));
  await pruneOld(folder, keepDays);
}
