import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { present } from '../../../../common/present.ts';
import { configFiles } from '../../../config/config-files.ts';
import { loadScenario, type ScenarioFlags } from '../../../config/load.ts';
import { supposedNodes } from '../../../config/node/read-node-config.ts';
import type { Scenario } from '../../../config/scenario.ts';
import { kinds } from '../../../providers/kinds.ts';
import { namedSecrets, secretFile } from '../../../secrets/read-secrets.ts';

/** What a scenario names of the main host; absolute paths. */
export interface NamedFiles {
  /** Its config and check files, which import others. */
  readonly modules: readonly string[];
  /** Files and folders: node files, .debs, images, inventories. */
  readonly files: readonly string[];
  /** With the file of each that is read from one. */
  readonly secrets: readonly { readonly name: string; readonly source: string; readonly file?: string }[];
  /** Private keys. */
  readonly keyFiles: readonly string[];
  /** Globs of check files that are absolute, as written. */
  readonly absoluteGlobs: readonly string[];
}

/**
 * What the scenario of a folder names when it is run with any of these flags, whatever machines there are on
 * this main host. Throws as `loadScenario`.
 */
export async function namedFiles(directory: string, variants: readonly ScenarioFlags[]): Promise<NamedFiles> {
  const load = (flags: ScenarioFlags) => loadScenario(directory, flags, async () => ({ provider: 'nspawn' }));
  const all = (await Promise.all(variants.map(load))).map((scenario) => namedBy(scenario));
  const { main, node } = configFiles(directory);
  return {
    modules: [...new Set([main, node, ...all.flatMap((each) => each.checkFiles)])],
    files: [...new Set(all.flatMap((each) => each.files))],
    secrets: [...new Map(all.flatMap((each) => each.secrets).map((each) => [each.name, each])).values()],
    keyFiles: [...new Set(all.flatMap((each) => each.keyFiles))],
    absoluteGlobs: [...new Set(all.flatMap((each) => each.absoluteGlobs))],
  };
}

function namedBy(scenario: Scenario) {
  const { directory, machines, checkFiles, nodeFiles, login, mainConfig, provider } = scenario;
  const nodes = supposedNodes(machines);
  const debs = nodes.flatMap((node) => scenario.nodeConfig(node, nodes).debs);
  const ofMachines = kinds[provider]?.files?.(scenario.providerOptions) ?? [];
  const secrets = namedSecrets(scenario.secretSources).map(({ name, source }) => ({
    ...{ name, source },
    ...present({ file: secretFile(source, directory) }),
  }));
  const checks = Array.isArray(mainConfig.checks) ? mainConfig.checks : [];
  return {
    ...{ checkFiles, secrets },
    files: [...(existsSync(nodeFiles) ? [nodeFiles] : []), ...debs, ...ofMachines],
    keyFiles: login.keyFile === undefined ? [] : [login.keyFile],
    absoluteGlobs: checks.filter((check) => typeof check === 'string' && isAbsolute(check)) as string[],
  };
}
