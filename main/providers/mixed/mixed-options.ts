import { z } from 'zod';
import type { Kind } from '../kind.ts';

/** What `machines({…})`, `nspawn({…})`, `ssh([…])` and their like give. */
export interface Part {
  readonly provider: string;
  readonly options: unknown;
}

/**
 * One cluster of several kinds of machine: `mixed([nspawn({ count: 2 }), ssh(['10.0.0.5'])])`; ids go on
 * from part to part.
 */
export const mixed = (
  parts: readonly Part[],
): { provider: 'mixed'; options: { readonly parts: readonly Part[] } } => ({
  provider: 'mixed',
  options: { parts },
});

export const partsSchema = z.strictObject({
  parts: z
    .array(
      z.strictObject(
        { provider: z.string(), options: z.unknown() },
        { error: 'expected machines({…}), nspawn({…}), ssh([…]) or their like' },
      ),
    )
    .min(1, 'expected at least one part'),
});

/** The kind `mixed`: each part is validated as its own kind wants it, of which it is the only one. */
export function mixedKind(kinds: () => Readonly<Record<string, Kind>>): Kind {
  const schema = partsSchema.superRefine(({ parts }, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path: ['parts', ...path], message });
    for (const [index, { provider, options }] of parts.entries()) {
      const kind = kinds()[provider];
      const others = parts.slice(0, index).filter((part) => part.provider === provider);
      if (!kind || provider === 'mixed') {
        const names = Object.keys(kinds()).filter((name) => name !== 'mixed');
        complain([index, 'provider'], `found '${provider}', expected one of: ${names.join(', ')}`);
      } else if (others.length > 0) {
        complain([index], `there is a part of kind ${provider} already: put the machines of both into one`);
      } else {
        const { error } = kind.schema.safeParse(options, { reportInput: true });
        for (const issue of error?.issues ?? []) {
          context.addIssue({ ...issue, path: ['parts', index, 'options', ...issue.path] });
        }
      }
    }
  });
  return {
    schema,
    wanted: (options) =>
      partsSchema.parse(options).parts.flatMap((part) => kinds()[part.provider]?.wanted(part.options) ?? []),
    files: (options) =>
      partsSchema.parse(options).parts.flatMap((part) => kinds()[part.provider]?.files?.(part.options) ?? []),
    makes: false,
  };
}
