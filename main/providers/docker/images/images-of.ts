import type { RunContext } from '../../../context/run-context.ts';
import { layerIsGone } from '../../layers/layer-files.ts';
import { settingsOfMachine } from '../../machine-options.ts';
import type { MachineSpec, MachinesSpec } from '../../provider.ts';
import type { DockerSettings } from '../docker-options.ts';
import { type Engine, succeeds } from '../engines/engine.ts';
import { commandOf, ensureImage, noteUse } from './image.ts';
import { layerImage } from './layers.ts';
import { ensureOwnImage } from './own-image.ts';

export interface Image {
  readonly name: string;
  /** The image's own entry point and command. */
  readonly command: readonly string[];
}

/** Each machine with its image: the user's, or one for each operating system that is asked for. */
export async function imagesOf(
  engine: Engine,
  { machines, rebuild }: Pick<MachinesSpec, 'machines' | 'rebuild'>,
  settings: DockerSettings,
  ctx: RunContext,
): Promise<readonly (readonly [MachineSpec, Image])[]> {
  if (settings.image !== undefined) {
    const name = await ensureOwnImage(engine, settings.image, ctx);
    const command = await commandOf(engine, name, ctx.signal);
    return machines.map((machine) => [machine, { name, command }] as const);
  }
  const made = new Map<string, Image>();
  const images: [MachineSpec, Image][] = [];
  for (const machine of machines) {
    const { layer } = machine;
    if (layer !== undefined) {
      const name = layerImage(layer);
      // An engine would look for it in a registry.
      if (!made.has(name) && !(await succeeds(engine, ['image', 'inspect', name], ctx.signal)))
        throw layerIsGone(layer);
      await noteUse(layer);
      const image = { name, command: ['/sbin/init'] };
      made.set(name, image);
      images.push([machine, image]);
      continue;
    }
    const { os } = settingsOfMachine(settings, machine.id);
    // One after the other: each takes a whole core, or the mirror's patience.
    const image = made.get(os) ?? {
      name: await ensureImage(engine, { ...settings, os }, rebuild === true, ctx),
      command: ['/sbin/init'],
    };
    made.set(os, image);
    images.push([machine, image]);
  }
  return images;
}
