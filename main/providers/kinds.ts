import type { z } from 'zod';
import { dockerOptionsSchema } from './docker/docker-options.ts';
import { ec2OptionsSchema } from './ec2/ec2-options.ts';
import type { Kind, Wanted } from './kind.ts';
import { machinesSchema } from './machine-options.ts';
import { mixedKind } from './mixed/mixed-options.ts';
import { nspawnOptionsSchema } from './nspawn/nspawn-options.ts';
import { filesOfQemu, locatedImage, qemuOptionsSchema } from './qemu/qemu-options.ts';
import { sshMachines } from './ssh/ssh-machines.ts';
import { filesOfSsh, locatedInventory, sshOptionsSchema } from './ssh/ssh-options.ts';
import { filesOfVagrant, wantedMachines } from './vagrant/declared-machines.ts';
import { locatedVagrantfile, vagrantOptionsSchema } from './vagrant/vagrant-options.ts';

/** Every kind of machine, by the name of its provider; `auto` is whichever works on this main host. */
export const kinds: Readonly<Record<string, Kind>> = {
  auto: making(machinesSchema),
  nspawn: making(nspawnOptionsSchema),
  docker: making(dockerOptionsSchema),
  qemu: { ...making(qemuOptionsSchema), located: locatedImage, files: filesOfQemu },
  ec2: making(ec2OptionsSchema),
  mixed: mixedKind(() => kinds),
  ssh: {
    ...borrowing(sshOptionsSchema, (options) => sshMachines(options, () => undefined).wanted),
    located: locatedInventory,
    files: filesOfSsh,
  },
  vagrant: {
    schema: vagrantOptionsSchema,
    wanted: wantedMachines,
    makes: true,
    located: locatedVagrantfile,
    files: filesOfVagrant,
  },
};

function borrowing<Schema extends z.ZodType>(
  schema: Schema,
  wanted: (options: z.output<Schema>) => readonly Wanted[],
): Kind {
  return { schema, wanted: (options) => wanted(schema.parse(options)), makes: false };
}

type CountOrNodes = { count?: number | undefined; nodes?: readonly Wanted[] | undefined };

/** `count` machines, or those of `nodes`. */
function making<Schema extends z.ZodType<CountOrNodes>>(schema: Schema): Kind {
  const wanted = ({ nodes, count = 0 }: CountOrNodes) => nodes ?? Array.from({ length: count }, () => ({}));
  return { schema, wanted: (options) => wanted(schema.parse(options)), makes: true };
}
