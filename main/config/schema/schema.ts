import { z } from 'zod';
import { kinds } from '../../providers/kinds.ts';
import { declaredCheck } from './check-schema.ts';
import * as field from './field-schemas.ts';
import { nodeFields } from './node-fields.ts';

/** Validated by the kind's own schema once a scenario is run on it. */
const optionsOfKinds = Object.fromEntries(Object.keys(kinds).map((name) => [name, z.unknown().optional()]));

const limit = (defaultSeconds: number) => field.seconds.default(defaultSeconds);

/** Seconds. The first use of a machine may build a tree and download packages. */
const timeouts = field.object(
  {
    machines: limit(600),
    connect: limit(120),
    ship: limit(300),
    install: limit(900),
    setup: limit(600),
    start: limit(60),
    check: limit(600),
    test: limit(60),
    boot: limit(180),
    stop: limit(60),
    collect: limit(300),
    run: limit(3600),
  },
  'an object of limits in seconds',
);

const days = z.custom<number>((value) => typeof value === 'number' && value > 0, {
  error: 'a number of days greater than 0',
});
const retention = field.object(
  { count: field.whole(1).default(20), days: days.default(30) },
  'an object: { count, days }',
);

const secrets = z.union([z.array(field.text), z.record(z.string(), field.text)], {
  error: "a list, as ['env:TOKEN', 'file:keys/db'], or an object, as { token: 'env:TOKEN' }",
});

const globOrCheck = z.unknown().transform((value, context) => {
  if (typeof value === 'string' && value !== '') return value;
  const result = declaredCheck.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

/** The main config's own fields; with defaults. `nodes` is validated by the provider's own schema. */
const mainFields = {
  name: z.exactOptional(field.text),
  nodes: field.object(
    { provider: field.text, options: z.unknown() },
    'machines({…}), nspawn({…}) or ssh([…])',
  ),
  providers: field.object(optionsOfKinds, 'an object: { ec2: {…} }').prefault({}),
  sshUser: z.exactOptional(field.user),
  sshKey: z.exactOptional(field.text),
  packages: z.array(field.aptPackage, { error: 'a list of packages' }).default([]),
  packagesVia: z.exactOptional(z.literal('main', { error: "'main'" })),
  cache: field.flag.default(true),
  nodeFiles: field.text.default('node_files'),
  checks: z.array(globOrCheck, { error: 'a list of checks and globs of check files' }).default([]),
  timeouts: timeouts.prefault({}),
  retention: retention.prefault({}),
  secrets: secrets.prefault({}),
};

// Loose: what else is in them are variables of the user's own.
export const mainSchema = z.looseObject(mainFields, { error: 'an object, as defineMain({…}) gives' });
export const nodeSchema = z.looseObject(nodeFields, { error: 'an object, as defineNode({…}) gives' });

export type ParsedMain = z.output<typeof mainSchema>;
