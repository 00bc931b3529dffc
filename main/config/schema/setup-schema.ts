import { z } from 'zod';
import { secretsIn } from '../../secrets/secret-reference.ts';
import type { WaitFor } from '../node/node-config.ts';
import * as field from './field-schemas.ts';
import { exactlyOne, together } from './key-rules.ts';
import { nodeTarget, target } from './targets.ts';

const { exactOptional: optional } = z;

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

/** A set-up step of the node config: what is run, or what is waited for. */
export const setupStep = field
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
      cacheable: optional(field.flag),
    },
    'a set-up step: { name, run } or { name, waitFor }',
  )
  .superRefine((value, context) => {
    exactlyOne(value, ['run', 'waitFor'], context);
    together(value, { user: 'run', env: 'run', cacheable: 'run' }, context);
    if (value.cacheable !== true) return;
    const wrong = (message: string) => context.addIssue({ code: 'custom', path: ['cacheable'], message });
    if (value.when === 'after') wrong("this only of a step before the services: it is a part of 'install'");
    if (secretsIn([value.run, ...Object.values(value.env ?? {})].join('\n')).length > 0)
      wrong('this only without secrets: what the step makes is kept on the main host');
  });
