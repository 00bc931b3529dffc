import { z } from 'zod';
import * as field from './field-schemas.ts';
import { service } from './service-schema.ts';
import { setupStep } from './setup-schema.ts';

const { exactOptional: optional } = z;

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
