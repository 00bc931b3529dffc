import { isAbsolute, join, resolve } from 'node:path';
import { type MachineFlags, readMachineFlags } from './machines/machine-flags.ts';
import type { ConfigMistake } from './mistakes/mistake.ts';
import { parsePath, pathText, replaceAt, type ValuePath, valueAt } from './mistakes/value-path.ts';
import { isPlainObject } from './node/node-functions.ts';

/** The command line's overrides, as written there. Paths are relative to `cwd`. */
export interface ScenarioFlags {
  /** `-k`: a private key's file. */
  readonly key?: string;
  /** `-u`: the user to log in as. */
  readonly user?: string;
  /** `--provider`: the kind of machine to use instead of the config's. */
  readonly provider?: string;
  /** `--os`: the release of all machines. */
  readonly os?: string;
  /** `--nodes a,b,c`: machines to use over ssh. */
  readonly nodes?: string;
  /** `--count`: how many machines to make. */
  readonly count?: string;
  /** `--node-files`: a folder. */
  readonly nodeFiles?: string;
  /** `--set path=value`, each; the value is JSON where it can be, else text. */
  readonly set?: readonly string[];
  /** The current folder unless told. */
  readonly cwd?: string;
}

/** One value that a flag brings in. */
export interface Override {
  readonly path: ValuePath;
  readonly value: unknown;
  /** As mistakes name it: `--set timeouts.start`. */
  readonly flag: string;
}

export interface Overrides {
  readonly main: readonly Override[];
  readonly node: readonly Override[];
  readonly machines: MachineFlags;
  readonly mistakes: readonly ConfigMistake[];
}

/** What the flags say, and what is wrong with them by themselves. */
export function readFlags(flags: ScenarioFlags): Overrides {
  const mistakes: ConfigMistake[] = [];
  const cwd = flags.cwd ?? process.cwd();
  const main: Override[] = [];
  const node: Override[] = [];
  const set = (key: string, value: string | undefined, flag: string) => {
    if (value !== undefined) main.push({ path: [key], value, flag });
  };
  set('sshKey', flags.key === undefined ? undefined : fromHere(flags.key, cwd), '-k');
  set('sshUser', flags.user, '-u');
  set('nodeFiles', flags.nodeFiles === undefined ? undefined : resolve(cwd, flags.nodeFiles), '--node-files');
  for (const text of flags.set ?? []) {
    const override = readSet(text);
    if (!override) {
      mistakes.push({
        source: `--set ${text}`,
        message: 'expected path=value, as timeouts.start=120 or node_config.services[0].readyWithin=5',
      });
    } else if (override.path[0] === 'node_config') node.push({ ...override, path: override.path.slice(1) });
    else if (override.path[0] === 'main_config') main.push({ ...override, path: override.path.slice(1) });
    else main.push(override);
  }
  return { main, node, mistakes, machines: readMachineFlags(flags, mistakes) };
}

/** `~/` stays: it is the home folder wherever it is read. */
const fromHere = (path: string, cwd: string): string =>
  isAbsolute(path) || path.startsWith('~/') ? path : join(cwd, path);

function readSet(text: string): Override | undefined {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0));
  const path = parsePath(name);
  const bare = path?.length === 1 && (path[0] === 'node_config' || path[0] === 'main_config');
  if (!path || bare) return undefined;
  return { path, value: jsonOrText(text.slice(equals + 1)), flag: `--set ${name}` };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The config with the overrides in place. */
export function override(
  config: unknown,
  overrides: readonly Override[],
  mistakes: ConfigMistake[],
): Readonly<Record<string, unknown>> {
  let result: unknown = config;
  for (const { path, value, flag } of overrides) {
    const replaced = replaceAt(result, path, value);
    if (replaced) result = replaced.value;
    else
      mistakes.push({
        source: flag,
        message: 'there is no such place: the path leads through a value or past a list',
      });
  }
  return isPlainObject(result) ? result : {};
}

/** The flag that brought in the value at a path, or what it is part of. */
export const flagOf = (
  path: string,
  flagged: readonly { readonly path: string; readonly flag: string }[],
): string | undefined =>
  flagged.findLast(
    (each) => path === each.path || path.startsWith(`${each.path}.`) || path.startsWith(`${each.path}[`),
  )?.flag;

/**
 * The flag to blame for a mistake: one that set the value, or that made an object where the config has none.
 */
export function blame(path: string, overrides: readonly Override[], config: unknown): string | undefined {
  const flagged = overrides.map((each) => ({ path: pathText(each.path), flag: each.flag }));
  const own = flagOf(path, flagged);
  if (own !== undefined || valueAt(config, parsePath(path) ?? []) !== undefined) return own;
  return flagged.find((each) => each.path.startsWith(`${path}.`) || each.path.startsWith(`${path}[`))?.flag;
}
