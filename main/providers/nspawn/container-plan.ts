import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { present } from '../../../common/present.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { LayerBase } from '../capabilities.ts';
import { ensureBaseTree } from '../debian/base-tree.ts';
import { releaseNamed } from '../debian/releases.ts';
import { hostKeyPair, machineId } from '../host/identity.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec } from '../provider.ts';
import type { NspawnSettings } from './nspawn-options.ts';

/** One container as it shall be. */
export interface ContainerPlan {
  readonly id: number;
  readonly name: string;
  /** OpenSSH's private key format. */
  readonly hostKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicHostKey: string;
  readonly machineId: string;
  /** Which of the cluster's trees it lies over, counted from 0. */
  readonly tree: number;
  /** Which of the cluster's layers lies between, counted from 0. */
  readonly layer?: number;
  /** Bytes, cores, processes. */
  readonly memory?: number;
  readonly cpus?: number;
  readonly pids?: number;
  /** Bytes that it may write beside its tree. */
  readonly disk?: number;
}

const systemOf = ({ id }: MachineSpec, settings: NspawnSettings): string =>
  releaseNamed(settingsOfMachine(settings, id).os).suite;

/** The operating systems of a cluster's machines, each once; an index in it is a container's `tree`. */
export const systemsOf = (machines: readonly MachineSpec[], settings: NspawnSettings): readonly string[] => [
  ...new Set(machines.map((machine) => systemOf(machine, settings))),
];

/** The layers that a cluster's machines start from, each once; an index in it is a container's `layer`. */
export const layersOf = (machines: readonly MachineSpec[]): readonly string[] => [
  ...new Set(machines.flatMap(({ layer }) => layer ?? [])),
];

/**
 * The base trees of a cluster, in the order of its systems. They are built one after the other: two builds
 * at once take as long. A mirror that the config names is that of its `os`, and no other distribution is had
 * from it.
 */
export async function treesOf(
  systems: readonly string[],
  settings: NspawnSettings,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<readonly string[]> {
  const { packages, mirror } = settings;
  const trees: string[] = [];
  for (const os of systems) {
    const own = releaseNamed(os).distribution === releaseNamed(settings.os).distribution;
    trees.push(await ensureBaseTree({ os, packages, mirror: own ? mirror : undefined }, rebuild, ctx));
  }
  return trees;
}

/** What each machine starts from when nothing was installed on it. */
export async function basesOf(
  machines: readonly MachineSpec[],
  settings: NspawnSettings,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<readonly LayerBase[]> {
  const systems = systemsOf(machines, settings);
  const trees = await treesOf(systems, settings, rebuild, ctx);
  const bases = await Promise.all(
    trees.map(async (tree) => {
      // The link names the recipe, and what it leads to this build of it.
      const build = await realpath(tree);
      return { id: basename(build), tree: build };
    }),
  );
  return machines.flatMap((machine) => bases[systems.indexOf(systemOf(machine, settings))] ?? []);
}

/** Bytes; undefined for a container that may have all. */
export function memoryLimit(settings: NspawnSettings, id: number): number | undefined {
  const { memory } = settingsOfMachine(settings, id);
  return memory === undefined ? undefined : bytes(memory);
}

export function containerPlan(
  machine: MachineSpec,
  settings: NspawnSettings,
  systems: readonly string[],
  layers: readonly string[] = [],
): ContainerPlan {
  const { cpus, pids, disk } = settingsOfMachine(settings, machine.id);
  const layer = machine.layer === undefined ? undefined : layers.indexOf(machine.layer);
  const memory = memoryLimit(settings, machine.id);
  return {
    id: machine.id,
    name: machine.name,
    machineId: machineId(),
    ...hostKeyPair(),
    tree: systems.indexOf(systemOf(machine, settings)),
    ...present({ layer, memory, cpus, pids, disk: disk === undefined ? undefined : bytes(disk) }),
  };
}
