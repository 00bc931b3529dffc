import { z } from 'zod';
import * as field from './field-schemas.ts';
import { checkTarget } from './targets.ts';

const { exactOptional: optional } = z;

const check = { name: field.text, within: field.secondsOrNone };

/** A DeclaredCheck, as `tcp()`, `http()` and `command()` make it. */
export const declaredCheck = z.discriminatedUnion(
  'kind',
  [
    field.object({ kind: z.literal('tcp'), ...check, port: field.port, on: checkTarget }, 'a check'),
    field.object(
      {
        kind: z.literal('http'),
        ...check,
        url: field.urlOrPath,
        on: checkTarget,
        status: field.status,
        body: optional(field.expression),
      },
      'a check',
    ),
    field.object(
      {
        kind: z.literal('command'),
        ...check,
        command: field.text,
        on: checkTarget,
        exitCode: field.exitCode,
        stdout: optional(field.expression),
      },
      'a check',
    ),
  ],
  { error: 'a check (tcp({…}), http({…}) or command({…})) or a glob of check files' },
);
