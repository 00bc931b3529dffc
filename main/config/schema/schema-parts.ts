import { z } from 'zod';
import type { Probe } from '../../../common/ready.ts';
import type { WaitFor } from '../scenario.ts';
import * as field from './field-schemas.ts';

const { exactOptional: optional } = z;

/** `on: …` of a step: nodes by their place or role. */
const role = field.object({ role: field.text }, 'an object: { role }');
const target = z.union([z.enum(['all', 'first']), role], { error: "'all', 'first' or { role }" });
const node = field.object({ node: field.whole(0) }, 'an object: { node }');
const nodeTarget = z.union([z.enum(['all', 'first']), role, node], {
  error: "'all', 'first', { role } or { node }",
});
const checkTarget = z.union([z.enum(['main', 'all', 'first']), role, node], {
  error: "'main', 'all', 'first', { role } or { node }",
});

const oneOf = (value: object, keys: readonly string[]): string[] =>
  keys.filter((key) => Object.hasOwn(value, key));

type Issues = Pick<z.core.$RefinementCtx, 'addIssue'>;

function exactlyOne(value: object, keys: readonly string[], context: Issues): void {
  if (oneOf(value, keys).length === 1) return;
  const known = `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`;
  context.addIssue({ code: 'custom', message: `exactly one of ${known}` });
}

/** Each key only where the other one stands, too. */
function together(value: object, pairs: Readonly<Record<string, string>>, context: Issues): void {
  for (const [key, other] of Object.entries(pairs)) {
    if (Object.hasOwn(value, key) && !Object.hasOwn(value, other))
      context.addIssue({ code: 'custom', path: [key], message: `this only together with ${other}` });
  }
}

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

const service = field
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

/** A WaitFor: one object instead of a union, as with a probe. */
const waitFor = field
  .object(
    {
      tcp: optional(field.port),
      host: optional(field.text),
      http: optional(field.urlOrPath),
      status: optional(field.status),
      command: optional(field.text),
      on: optional(nodeTarget),
    },
    'an object with one of tcp, http and command',
  )
  .superRefine((value, context) => {
    exactlyOne(value, ['tcp', 'http', 'command'], context);
    together(value, { host: 'tcp', status: 'http' }, context);
    if (value.on === undefined) return;
    if (value.host !== undefined)
      context.addIssue({ code: 'custom', path: ['host'], message: 'this only without on' });
    if (value.http !== undefined && /^https?:/.test(value.http)) {
      const message = "what follows the address of these nodes (':8080/health')";
      context.addIssue({ code: 'custom', path: ['http'], message });
    }
  })
  .transform((value) => value as WaitFor);

const setupStep = field
  .object(
    {
      name: field.text,
      run: optional(field.text),
      waitFor: optional(waitFor),
      on: target.default('all'),
      when: z.enum(['before', 'after']).default('before'),
      user: optional(field.user),
      env: optional(field.environment),
      timeout: optional(field.seconds),
    },
    'a set-up step: { name, run } or { name, waitFor }',
  )
  .superRefine((value, context) => {
    exactlyOne(value, ['run', 'waitFor'], context);
    together(value, { user: 'run', env: 'run' }, context);
  });

const place = field.object(
  {
    from: field.pathBelow,
    to: field.filePath,
    mode: optional(field.mode),
    owner: optional(field.owner),
  },
  'a file to place: { from, to }',
);

const aptSource = field.object(
  {
    name: field.shortName,
    uris: field.text,
    suites: field.text,
    components: optional(field.text),
    key: optional(field.text),
    trusted: optional(field.flag),
  },
  'an apt source: { name, uris, suites }',
);

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

const list = <Element extends z.ZodType>(element: Element, of: string) =>
  z.array(element, { error: `a list of ${of}` });

/** The node config's own fields, after its functions were applied; with defaults, all of them are there. */
export const nodeFields = {
  workingDir: field.workingDirectory.default('/srv/shakedown'),
  packages: list(field.aptPackage, 'packages').default([]),
  aptSources: list(aptSource, 'apt sources').default([]),
  debs: list(field.text, '.deb files').default([]),
  recommends: field.flag.default(false),
  services: list(service, 'services').default([]),
  setup: list(setupStep, 'set-up steps').default([]),
  place: list(place, 'files to place').default([]),
  collect: list(field.absolutePath, 'absolute paths and globs').default([]),
};
