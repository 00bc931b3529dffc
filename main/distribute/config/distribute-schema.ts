import { z } from 'zod';
import * as field from '../../config/schema/field-schemas.ts';
import { sizeSchema } from '../../providers/machine-options.ts';

/** `5%`, `0.5%` */
export const percentage = /^(?:100|\d{1,2}(?:\.\d+)?)%$/;

const words = z.string().min(1, 'expected a text');
const count = z.int('expected a whole number').min(1, 'expected 1 or more');
const seconds = z.number('expected seconds').positive('expected more than 0 seconds');

const hooks = field.object(
  {
    node_setup: z
      .union([
        words,
        field.object({ run: words, files: z.array(words).min(1) }, 'expected a command, or { run, files }'),
      ])
      .exactOptional(),
    runner_setup: words.exactOptional(),
    runner_teardown: words.exactOptional(),
    node_teardown: words.exactOptional(),
  },
  'expected hooks',
);

/** A path within the project. */
const inside = words.regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))/, 'expected a path within the project');

const build = field.object(
  {
    run: words,
    on: z.enum(['main', 'node'], "expected 'main' or 'node'").exactOptional(),
    files: z.array(words).min(1).exactOptional(),
    outputs: z.array(inside).min(1, 'expected what the build makes'),
  },
  'expected { run, outputs }, and on and files if need be',
);

const quarantineRule = field
  .object(
    {
      file: words.exactOptional(),
      test: words.exactOptional(),
      owner: words,
      until: z.iso.date('expected a day: 2026-12-31'),
      reason: words,
    },
    'expected { file, test, owner, until, reason }',
  )
  .refine(({ file, test }) => file !== undefined || test !== undefined, 'expected a file, a test or both');

/** Of a `DistributeConfig`; its file needs none of this. */
export const distributeConfigSchema = z.strictObject({
  files: z.union([words, z.array(words).min(1)]).exactOptional(),
  command: z.union([words, z.array(words).min(1)]).exactOptional(),
  cold: z.boolean('expected true or false').exactOptional(),
  nodes: z
    .array(
      z.union([
        words,
        field.object(
          { address: words, user: words.exactOptional(), runners: count.exactOptional() },
          'expected an address, or { address, user, runners }',
        ),
      ]),
    )
    .exactOptional(),
  machines: z.strictObject({ provider: words, options: z.unknown() }).exactOptional(),
  runners: count.exactOptional(),
  localRunners: z.int('expected a whole number').min(0, 'expected 0 or more').exactOptional(),
  include: z.array(words).exactOptional(),
  ignore: z.array(words).exactOptional(),
  hooks: hooks.exactOptional(),
  build: build.exactOptional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'expected a variable’s name'), z.string()).exactOptional(),
  ports: count.max(500, 'expected 500 at most').exactOptional(),
  limits: field
    .object(
      {
        file: seconds.exactOptional(),
        silence: seconds.exactOptional(),
        hook: seconds.exactOptional(),
        memory: sizeSchema.exactOptional(),
      },
      'expected limits',
    )
    .exactOptional(),
  retries: z.int('expected a whole number').min(0, 'expected 0 or more').max(100).exactOptional(),
  retryBudget: z.string().regex(percentage, 'expected a part of the files: 5%').exactOptional(),
  newRepeat: count.max(1000, 'expected 1000 at most').exactOptional(),
  split: z.boolean('expected true or false').exactOptional(),
  copies: z.boolean('expected true or false').exactOptional(),
  quarantine: z.array(quarantineRule).exactOptional(),
});
