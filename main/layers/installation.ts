import { basename } from 'node:path';
import { fileDigest } from '../../common/files/file-digest.ts';
import type { AptSource } from '../../common/protocol/installation.ts';
import type { NodeConfig, SetupStep } from '../config/node/node-config.ts';
import { isTarget } from '../config/order/targets.ts';
import type { MachineSpec } from '../providers/provider.ts';
import { digestOf, type LayerInputs } from './inputs.ts';

/** What phase `install` does to a node, as its config says. */
export interface Installation {
  readonly packages: readonly string[];
  readonly recommends: boolean;
  readonly aptSources: readonly AptSource[];
  /** Paths on the main host. */
  readonly debs: readonly string[];
  /** Commands that are run once the packages are in. */
  readonly steps: readonly CacheableStep[];
}

export type CacheableStep = SetupStep & { readonly run: string };

/** The set-up steps of a node that belong to its installation: they see no node files. */
export const cacheableSteps = (
  { setup }: Pick<NodeConfig, 'setup'>,
  machine: Pick<MachineSpec, 'id' | 'role'>,
): readonly CacheableStep[] =>
  setup.filter(
    (step): step is CacheableStep =>
      step.cacheable === true && step.run !== undefined && isTarget(machine, step.on),
  );

export const installationOf = (
  config: NodeConfig,
  machine: Pick<MachineSpec, 'id' | 'role'>,
): Installation => ({
  packages: config.packages,
  recommends: config.recommends ?? false,
  aptSources: config.aptSources,
  debs: config.debs,
  steps: cacheableSteps(config, machine),
});

/** Whether there is anything to keep. */
export const isEmpty = ({ packages, debs, steps }: Installation): boolean =>
  packages.length + debs.length + steps.length === 0;

/** The part of a layer's inputs that the config says. Throws as the file system does for a .deb. */
export async function toldInputs({
  packages,
  recommends,
  aptSources,
  debs,
  steps,
}: Installation): Promise<Pick<LayerInputs, 'packages' | 'recommends' | 'sources' | 'debs' | 'steps'>> {
  const digests = debs.map(async (deb): Promise<[string, string]> => [basename(deb), await fileDigest(deb)]);
  return {
    packages: [...packages],
    recommends,
    sources: Object.fromEntries(aptSources.map((source) => [source.name, digestOf(source)])),
    debs: Object.fromEntries(await Promise.all(digests)),
    steps: steps.map((step) => ({ name: step.name, digest: digestOf(step) })),
  };
}

/** What is installed, in a few words. */
export function inWords({ packages, debs, steps }: Installation): string {
  const all = [...packages, ...debs.map((deb) => basename(deb)), ...steps.map(({ name }) => `'${name}'`)];
  return all.length > 6 ? `${all.slice(0, 5).join(', ')} and ${all.length - 5} more` : all.join(', ');
}
