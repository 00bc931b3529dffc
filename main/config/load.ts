import { basename, relative } from 'node:path';
import { present } from '../../common/present.ts';
import { configFiles } from './config-files.ts';
import { readFlags, type ScenarioFlags } from './flags.ts';
import { loadModule } from './load-module.ts';
import type { ChooseKind } from './machines/settle-machines.ts';
import { ConfigError, type ConfigMistake, thrownMistake } from './mistakes/mistake.ts';
import { nodeFileNames } from './node/node-files.ts';
import {
  type NodeConfigReading,
  type NodeConfigSource,
  readNodeConfig,
  supposedNodes,
} from './node/read-node-config.ts';
import { startOrder } from './order/start-order.ts';
import { mainOrigins, nodeOrigins } from './origins.ts';
import { type MainConfigReading, readMainConfig } from './read-main-config.ts';
import type { Origin, Scenario } from './scenario.ts';
import type { ParsedMain } from './schema/schema.ts';

export type { ScenarioFlags } from './flags.ts';
export type { ChooseKind } from './machines/settle-machines.ts';

/**
 * Loads the scenario of a folder (absolute): `config/main.config.ts` and `config/node.config.ts`, or the same
 * with another JavaScript suffix. The flags win over the files. Both files are validated for all nodes that
 * the scenario asks for; their functions are tried with addresses of no machine. Nothing is cached: an edited
 * file counts. `choose` is asked where the config leaves the kind of machine open. Throws UsageError without
 * a config, ConfigError (a UsageError) with every mistake of both files and the flags, and the reason of
 * `signal`, which ends the waiting for a file.
 */
export async function loadScenario(
  directory: string,
  flags: ScenarioFlags,
  choose: ChooseKind,
  signal?: AbortSignal,
): Promise<Scenario> {
  const files = configFiles(directory);
  const overrides = readFlags(flags);
  const [main, node] = await Promise.all([
    load(files.main, directory, 'defineMain', signal),
    load(files.node, directory, 'defineNode', signal),
  ]);
  const reading = await readMainConfig(
    main.config,
    { directory, label: relative(directory, files.main) },
    overrides,
    choose,
  );
  const source: NodeConfigSource = {
    directory,
    file: files.node,
    label: relative(directory, files.node),
    config: node.config,
    overrides: overrides.node,
    machines: reading.machines,
    secrets: reading.secretNames,
    files: await nodeFileNames(reading.nodeFiles),
  };
  const nodes = node.mistake ? [] : tryNodes(source);
  const mistakes: ConfigMistake[] = [
    ...(main.mistake ? [main.mistake, ...overrides.mistakes] : reading.mistakes),
    ...(node.mistake ? [node.mistake] : nodes.flatMap((each) => each.mistakes)),
    ...(node.mistake ? [] : orderMistakes(source, nodes)),
  ];
  if (mistakes.length > 0 || !reading.parsed) throw new ConfigError(directory, mistakes, nodes.length);
  const origins: [string, Origin][] = [
    ...mainOrigins(reading, reading.parsed, relative(directory, files.main)),
    ['node_config', source.label],
    ...nodeOrigins(nodes[0]?.written ?? {}, overrides.node, source.label),
  ];
  return scenario(reading, reading.parsed, source, origins);
}

interface Loaded {
  readonly config?: unknown;
  readonly mistake?: ConfigMistake;
}

async function load(
  file: string,
  directory: string,
  define: string,
  signal: AbortSignal | undefined,
): Promise<Loaded> {
  try {
    const config = await loadModule(file, { signal });
    if (config !== undefined) return { config };
    const message = `has no 'export default': write export default ${define}({ … })`;
    return { mistake: { source: relative(directory, file), message } };
  } catch (error) {
    signal?.throwIfAborted();
    return { mistake: thrownMistake(error, directory, file) };
  }
}

/**
 * The config of every node; of none where no machine is known because the main config is wrong: what went
 * wrong with one that we made up would be a mistake of ours.
 */
function tryNodes(source: NodeConfigSource): NodeConfigReading[] {
  const nodes = supposedNodes(source.machines);
  return nodes.map((node) => readNodeConfig(source, node, nodes));
}

/** What is wrong with the order of the services, once each node's own config is right. */
function orderMistakes(source: NodeConfigSource, readings: readonly NodeConfigReading[]): ConfigMistake[] {
  if (source.machines.length === 0) return [];
  const nodes = source.machines.flatMap((node, index) => {
    const services = readings[index]?.config?.services;
    return services ? [{ node, services }] : [];
  });
  if (nodes.length < source.machines.length) return [];
  return startOrder(nodes).mistakes.map((mistake) => ({ source: source.label, ...mistake }));
}

function scenario(
  reading: MainConfigReading,
  parsed: ParsedMain,
  source: NodeConfigSource,
  origins: readonly [string, Origin][],
): Scenario {
  const { directory } = source;
  return {
    name: parsed.name ?? basename(directory),
    directory,
    nodeFiles: reading.nodeFiles,
    provider: parsed.nodes.provider,
    providerOptions: parsed.nodes.options,
    machines: reading.machines,
    ...(reading.why === undefined ? {} : { whyProvider: reading.why }),
    login: present({ user: parsed.sshUser, keyFile: reading.keyFile }),
    packages: parsed.packages,
    ...(parsed.packagesVia === undefined ? {} : { packagesVia: parsed.packagesVia }),
    cache: parsed.cache,
    checks: reading.checks,
    checkFiles: reading.checkFiles,
    timeouts: parsed.timeouts,
    retention: parsed.retention,
    secrets: reading.secrets,
    secretSources: reading.secretSources,
    mainConfig: reading.written,
    nodeConfig(node, nodes) {
      const { config, mistakes } = readNodeConfig(source, node, nodes);
      if (!config) throw new ConfigError(directory, mistakes);
      return config;
    },
    origins: new Map(origins),
  };
}
