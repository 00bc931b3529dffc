import { z } from 'zod';
import type { Probe } from '../../../common/ready.ts';
import * as field from './field-schemas.ts';
import { exactlyOne, oneOf, together } from './key-rules.ts';
import { nodeTarget, role } from './targets.ts';

const { exactOptional: optional } = z;

/** A Probe of common/ready.ts. One object instead of a union, so that a mistake is told where it is. */
const probe = field
  .object(
    {
      tcp: optional(field.port),
      host: optional(field.text),
      http: optional(field.url),
      status: optional(field.status),
      command: optional(field.text),
      log: optional(field.expression),
    },
    'an object with one of tcp, http, command and log',
  )
  .superRefine((value, context) => {
    exactlyOne(value, ['tcp', 'http', 'command', 'log'], context);
    together(value, { host: 'tcp', status: 'http' }, context);
  })
  .transform((value) => value as Probe);

const after = z.union(
  [
    z.enum(['first']),
    role,
    field.object({ service: field.shortName, on: optional(nodeTarget) }, 'an object: { service, on }'),
  ],
  { error: "'first', { role } or { service, on }" },
);

/** A service of the node config: a unit, or a command. */
export const service = field
  .object(
    {
      name: field.shortName,
      unit: optional(field.unit),
      command: optional(field.text),
      cwd: optional(field.absolutePath),
      env: optional(field.environment),
      user: optional(field.user),
      ready: optional(probe),
      after: optional(z.union([after, z.array(after)], { error: "'first', { role } or { service, on }" })),
      readyWithin: optional(field.seconds),
      stopWithin: optional(field.secondsOrNone),
    },
    'a service: { name, unit } or { name, command }',
  )
  .superRefine((value, context) => {
    exactlyOne(value, ['unit', 'command'], context);
    if (value.unit === undefined || value.command !== undefined) return;
    for (const key of oneOf(value, ['cwd', 'env', 'user'])) {
      const message = 'this only together with command; a unit has its own (place a drop-in to change it)';
      context.addIssue({ code: 'custom', path: [key], message });
    }
  });
