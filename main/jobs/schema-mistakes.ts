import type { z } from 'zod';

/** `expected one of read, submit`: what a schema says, without its `Invalid option: … "read"|"submit"`. */
export const plainly = (message: string): string =>
  message
    .replace(/^Invalid (?:input|option): (?=expected )/, '')
    .replace(/(?<=^expected one of ).*$/, (options) => options.replaceAll('"', '').replaceAll('|', ', '));

/** All that a schema found wrong, each with its place, in one sentence. */
export function schemaMistakes(error: z.ZodError): string {
  const said = error.issues.map((issue) => {
    const inside = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
    const place = issue.path.join('.');
    return `${place === '' ? '' : `${place}: `}${plainly(inside ?? issue.message)}`;
  });
  return said.join('; ');
}
