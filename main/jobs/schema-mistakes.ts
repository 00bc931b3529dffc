import type { z } from 'zod';

/** All that a schema found wrong, each with its place, in one sentence. */
export function schemaMistakes(error: z.ZodError): string {
  const said = error.issues.map((issue) => {
    const inside = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
    const place = issue.path.join('.');
    return `${place === '' ? '' : `${place}: `}${inside ?? issue.message}`;
  });
  return said.join('; ');
}
