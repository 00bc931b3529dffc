import { z } from 'zod';
import * as field from './field-schemas.ts';

/** The nodes of one role. */
export const role = field.object({ role: field.text }, 'an object: { role }');
/** `on: …` of a step: nodes by their place or role. */
export const target = z.union([z.enum(['all', 'first']), role], { error: "'all', 'first' or { role }" });
const node = field.object({ node: field.whole(0) }, 'an object: { node }');
/** As `target`, and one node by its id. */
export const nodeTarget = z.union([z.enum(['all', 'first']), role, node], {
  error: "'all', 'first', { role } or { node }",
});
/** As `nodeTarget`, and the main host. */
export const checkTarget = z.union([z.enum(['main', 'all', 'first']), role, node], {
  error: "'main', 'all', 'first', { role } or { node }",
});
