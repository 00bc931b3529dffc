import { hostPath } from '../../context/host-path.ts';
import type { MachineSpec } from '../../providers/provider.ts';
import { blame, type Override, override } from '../flags.ts';
import { describeIssues, nearlyFields } from '../mistakes/issues.ts';
import { type ConfigMistake, found, thrownMistake } from '../mistakes/mistake.ts';
import { unusableSecrets } from '../mistakes/secret-mistakes.ts';
import type { NodeFacts } from '../scenario.ts';
import { nodeSchema } from '../schema/schema.ts';
import type { NodeConfig } from './node-config.ts';
import type { NodeFileNames } from './node-files.ts';
import { applyToNode, isPlainObject } from './node-functions.ts';
import { nodeMistakes } from './node-mistakes.ts';

/** A node config file as it was loaded, and what is needed to read it for a node. */
export interface NodeConfigSource {
  /** The scenario's folder, absolute. */
  readonly directory: string;
  /** The file, absolute, and as mistakes name it. */
  readonly file: string;
  readonly label: string;
  /** Its default export. */
  readonly config: unknown;
  readonly overrides: readonly Override[];
  readonly machines: readonly MachineSpec[];
  readonly files: NodeFileNames;
  /** The names of its secrets, where the main config could be read. */
  readonly secrets: readonly string[] | undefined;
}

/** The config of one node, or what is wrong with it; and the config as written, before defaults. */
export interface NodeConfigReading {
  readonly config?: NodeConfig;
  readonly written: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly ConfigMistake[];
}

/** Applies the config's functions and the flags to one node, and validates what comes out. Never throws. */
export function readNodeConfig(
  source: NodeConfigSource,
  node: NodeFacts,
  nodes: readonly NodeFacts[],
): NodeConfigReading {
  const { directory, file, label, overrides } = source;
  const mistakes: ConfigMistake[] = [];
  let applied: unknown;
  try {
    applied = applyToNode(source.config, node, nodes);
  } catch (error) {
    return { written: {}, mistakes: [{ ...thrownMistake(error, directory, file), node: node.id }] };
  }
  if (!isPlainObject(applied)) {
    const message = `found ${found(applied)}, expected an object, as defineNode({…}) gives`;
    return { written: {}, mistakes: [{ source: label, message, node: node.id }] };
  }
  const written = override(applied, overrides, mistakes);
  const complain = ({ path, message }: { path: string; message: string }) => {
    mistakes.push({ source: blame(path, overrides, applied) ?? label, path, message, node: node.id });
  };
  const parsed = nodeSchema.safeParse(written, { reportInput: true });
  for (const issue of describeIssues(parsed.error?.issues ?? [], written)) complain(issue);
  for (const slip of nearlyFields(written, Object.keys(nodeSchema.shape))) complain(slip);
  const { services, setup, place, collect } = written;
  for (const mistake of unusableSecrets({ services, setup, place, collect }, source.secrets))
    complain(mistake);
  for (const mistake of nodeMistakes(written, source)) complain(mistake);
  if (!parsed.success || mistakes.length > 0) return { written, mistakes };
  const debs = parsed.data.debs.map((deb) => hostPath(directory, deb));
  return { config: { ...parsed.data, debs }, written, mistakes };
}

/** The nodes as they may be, for a look at the config before there are machines: addresses of RFC 5737. */
export const supposedNodes = (machines: readonly MachineSpec[]): NodeFacts[] =>
  machines.map((machine) => ({ ...machine, address: `192.0.2.${machine.id + 1}` }));
