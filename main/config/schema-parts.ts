import { z } from 'zod';
import type { Probe } from '../../common/ready.ts';
import * as field from './field-schemas.ts';

const { exactOptional: optional } = z;

/** `on: …` of a step: nodes by their place or role. */
const role = field.object({ role: field.text }, 'an object: { role }');
const target = z.union([z.enum(['all', 'first']), role], { error: "'all', 'first' or { role }" });
const checkTarget = z.union(
  [z.enum(['main', 'all', 'first']), role, field.object({ node: field.whole(0) }, 'an object: { node }')],
  { error: "'main', 'all', 'first', { role } or { node }" },
);

const oneOf = (value: object, keys: readonly string[]): string[] =>
  keys.filter((key) => Object.hasOwn(value, key));

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
    const kinds = oneOf(value, ['tcp', 'http', 'command', 'log']);
    if (kinds.length !== 1)
      context.addIssue({ code: 'custom', message: 'exactly one of tcp, http, command and log' });
    for (const [key, kind] of [
      ['host', 'tcp'],
      ['status', 'http'],
    ] as const) {
      if (Object.hasOwn(value, key) && !Object.hasOwn(value, kind)) {
        context.addIssue({ code: 'custom', path: [key], message: `this only together with ${kind}` });
      }
    }
  })
  .transform((value) => value as Probe);

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
      readyWithin: optional(field.seconds),
      stopWithin: optional(field.secondsOrNone),
    },
    'a service: { name, unit } or { name, command }',
  )
  .superRefine((value, context) => {
    const kinds = oneOf(value, ['unit', 'command']);
    if (kinds.length !== 1) context.addIssue({ code: 'custom', message: 'exactly one of unit and command' });
    if (kinds[0] !== 'unit' || kinds.length !== 1) return;
    for (const key of oneOf(value, ['cwd', 'env', 'user'])) {
      const message = 'this only together with command; a unit has its own (place a drop-in to change it)';
      context.addIssue({ code: 'custom', path: [key], message });
    }
  });

const setupStep = field.object(
  {
    name: field.text,
    run: field.text,
    on: target.default('all'),
    when: z.enum(['before', 'after']).default('before'),
    user: optional(field.user),
    env: optional(field.environment),
    timeout: optional(field.seconds),
  },
  'a set-up step: { name, run }',
);

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
  services: list(service, 'services').default([]),
  setup: list(setupStep, 'set-up steps').default([]),
  place: list(place, 'files to place').default([]),
  collect: list(field.absolutePath, 'absolute paths and globs').default([]),
};
