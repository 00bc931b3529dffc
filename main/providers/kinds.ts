import { isIP } from 'node:net';
import type { z } from 'zod';
import { nspawnOptionsSchema } from './nspawn/nspawn-options.ts';
import { parseHost, sshOptionsSchema } from './ssh/ssh-options.ts';

/** A machine as options ask for it. */
export type Wanted = { readonly name?: string | undefined; readonly role?: string | undefined };

/** What a config must know of a kind of machine: its options' schema, and the machines that they ask for. */
export interface Kind {
  readonly schema: z.ZodType;
  readonly wanted: (options: unknown) => readonly Wanted[];
}

/** Every kind of machine, by the name of its provider. */
export const kinds: Readonly<Record<string, Kind>> = {
  nspawn: kind(nspawnOptionsSchema, machinesWanted),
  ssh: kind(sshOptionsSchema, ({ hosts }) => {
    const addresses = hosts.map((host) => parseHost(host).address);
    return hosts.map(parseHost).map(({ name, role, address }) => {
      const tells = isIP(address) === 0 && addresses.filter((other) => other === address).length === 1;
      return { name: name ?? (tells ? address : undefined), role };
    });
  }),
};

function kind<Schema extends z.ZodType>(
  schema: Schema,
  wanted: (options: z.output<Schema>) => readonly Wanted[],
): Kind {
  return { schema, wanted: (options) => wanted(schema.parse(options)) };
}

/** `count` machines, or those of `nodes`. */
function machinesWanted(options: { count?: number | undefined; nodes?: readonly Wanted[] | undefined }) {
  return options.nodes ?? Array.from({ length: options.count ?? 0 }, () => ({}));
}
