import { createHash } from 'node:crypto';
import { z } from 'zod';
import { entryProblem } from './bounds.ts';

const path = z.string().min(1).max(4000);
const mode = z.number().int().min(0).max(0o777);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What tar(5) calls them. */
export const tarTypes = { file: 'File', folder: 'Directory', link: 'SymbolicLink' } as const;

/**
 * What travels with a job, told by digests: the content of a file that the server has already is not sent
 * again. Paths are relative, without `..`; links lead to what is in the tree.
 */
export const fileTree = z.strictObject({
  entries: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('file'), path, mode, sha256 }),
        z.strictObject({ type: z.literal('folder'), path, mode }),
        z.strictObject({ type: z.literal('link'), path, target: z.string().min(1).max(4000) }),
      ]),
    )
    .max(100_000)
    .superRefine((entries, context) => {
      const seen = new Set<string>();
      for (const [index, entry] of entries.entries()) {
        const linkpath = entry.type === 'link' ? entry.target : '';
        const wrong = entryProblem({ path: entry.path, type: tarTypes[entry.type], linkpath });
        const twice = seen.has(entry.path) ? 'which is there twice' : undefined;
        seen.add(entry.path);
        const message = wrong ?? twice;
        if (message === undefined) continue;
        context.addIssue({ code: 'custom', path: [index, 'path'], message: `'${entry.path}', ${message}` });
      }
    }),
});

export type FileTree = z.output<typeof fileTree>;
export type TreeEntry = FileTree['entries'][number];

/** The digests of what is in its files. */
export const contentsOf = (entries: readonly TreeEntry[]): string[] =>
  entries.flatMap((entry) => (entry.type === 'file' ? [entry.sha256] : []));

/** One text for the same tree, in whatever order it is told. */
export const treeText = ({ entries }: FileTree): string =>
  JSON.stringify(entries.toSorted((one, other) => (one.path < other.path ? -1 : 1)));

/** By which a job names it as its package. */
export const treeDigest = (tree: FileTree): string =>
  createHash('sha256').update(treeText(tree)).digest('hex');
