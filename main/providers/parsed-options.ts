import type { z } from 'zod';
import { UsageError } from '../../common/errors.ts';

/**
 * What a kind of machine was given, as its schema makes it. Throws UsageError with a line for each mistake:
 * `nspawn: nodes: 0: memory: expected …`.
 */
export function parsedOptions<Schema extends z.ZodType>(
  kind: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [kind, ...path, message].join(': '));
  throw new UsageError(issues.join('\n'));
}
