import type { CanLayer, LayerSurvey } from '../../main/providers/capabilities.ts';
import type { MachinesSpec, Provider } from '../../main/providers/provider.ts';
import type { FakeWorld } from './fake-world.ts';

/** Layers in memory, and what makes them as they are. */
export interface FakeLayers {
  /** By key, the text that was kept with it. */
  readonly kept: Map<string, string>;
  /** What apt would install. */
  readonly versions: readonly string[];
  /** What is found on the machines on which layers are made, one after the other; nothing unless told. */
  readonly surveys?: LayerSurvey[];
  /** Called when a machine has been looked through. */
  readonly afterSurvey?: (world: FakeWorld) => void;
}

/** A fake world whose machines can start from layers; `asked` tells which. */
export function withLayers(
  world: FakeWorld,
  { kept, versions, surveys = [], afterSurvey }: FakeLayers,
): FakeWorld {
  const plain = world.provider;
  const layering: CanLayer = {
    bases: async ({ machines }) => machines.map(() => ({ id: 'bookworm-1', tree: '/nowhere' })),
    survey: async ({ machine }) => {
      world.asked.push(`survey ${machine}`);
      const found = surveys.shift() ?? { strays: [], named: [], asking: [] };
      afterSurvey?.(world);
      return found;
    },
    saveLayer: async (_which, { key, about, without }) => {
      world.asked.push(['save', ...without].join(' '));
      kept.set(key, about);
    },
    findLayer: async (key) => kept.get(key),
  };
  const provider = async (name: string): Promise<Provider> => {
    const usual = await plain(name);
    const create = (spec: MachinesSpec, ...rest: [Parameters<Provider['create']>[1]]) => {
      for (const { name, layer } of spec.machines) if (layer) world.asked.push(`${name} from ${layer}`);
      return usual.create(spec, ...rest);
    };
    return { ...usual, ...layering, create } as Provider;
  };
  return Object.assign(world, {
    provider,
    resolveVersions: async () => ({ versions: [...versions], fresh: false, releases: [], at: 0 }),
  });
}
