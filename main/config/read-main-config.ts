import { accessSync, constants, statSync } from 'node:fs';
import { hostPath } from '../context/host-path.ts';
import type { MachineSpec } from '../providers/provider.ts';
import { readSecrets, type SecretSources, secretNames } from '../secrets/read-secrets.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { findCheckFiles } from './check-files.ts';
import { blame, flagOf, type Overrides, override } from './flags.ts';
import { machinesOf } from './machines/machines.ts';
import { type ChooseKind, settleMachines } from './machines/settle-machines.ts';
import { describeIssues, nearlyFields } from './mistakes/issues.ts';
import { type ConfigMistake, found } from './mistakes/mistake.ts';
import { unusableSecrets } from './mistakes/secret-mistakes.ts';
import { pathText, valueAt } from './mistakes/value-path.ts';
import { isPlainObject, withoutUndefined } from './node/node-functions.ts';
import { unknownTarget } from './node/node-mistakes.ts';
import type { DeclaredCheck } from './scenario.ts';
import { mainSchema, type ParsedMain } from './schema/schema.ts';
import { untoldKeys } from './untold.ts';

/** The main config, validated; or as much of it as can be used to look for further mistakes. */
export interface MainConfigReading {
  /** As written, with what flags changed. */
  readonly written: Readonly<Record<string, unknown>>;
  /** With defaults; absent when there are mistakes in it. */
  readonly parsed?: ParsedMain;
  readonly machines: readonly MachineSpec[];
  /** Why they are of this kind, where the config leaves it open and it is not the best one. */
  readonly why?: string;
  /** Absolute. */
  readonly nodeFiles: string;
  readonly keyFile?: string;
  readonly checks: readonly DeclaredCheck[];
  readonly checkFiles: readonly string[];
  readonly secrets: Secrets;
  readonly secretSources: SecretSources;
  /** Undefined where the config has no list of them that could be read. */
  readonly secretNames: readonly string[] | undefined;
  /**
   * Paths of values that are in it though neither the file nor a flag told them:
   * a factory's, or our own choice.
   */
  readonly untold: readonly string[];
  /** Paths that a flag set. */
  readonly flagged: readonly { readonly path: string; readonly flag: string }[];
  readonly mistakes: readonly ConfigMistake[];
}

/**
 * Applies the flags to a main config and validates it; `config` is the file's default
 * export. Throws what `choose` throws.
 */
export async function readMainConfig(
  config: unknown,
  { directory, label }: { readonly directory: string; readonly label: string },
  overrides: Overrides,
  choose: ChooseKind,
): Promise<MainConfigReading> {
  const mistakes: ConfigMistake[] = [...overrides.mistakes];
  if (!isPlainObject(config)) {
    mistakes.push({
      source: label,
      message: `found ${found(config)}, expected an object, as defineMain({…}) gives`,
    });
  }
  const flagged = overrides.main.map(({ path, flag }) => ({ path: pathText(path), flag }));
  const complain = ({ path, message }: { path: string; message: string }) => {
    mistakes.push({
      source: flagOf(path, flagged) ?? blame(path, overrides.main, config) ?? label,
      path,
      message,
    });
  };
  const plain = withoutUndefined(config);
  const settled = isPlainObject(plain)
    ? await settleMachines(plain, overrides, { directory, choose })
    : undefined;
  flagged.unshift(...(settled?.flagged ?? []));
  mistakes.push(...(settled?.mistakes ?? []));
  const written = settled ? override(settled.config, overrides.main, mistakes) : {};
  const result = mainSchema.safeParse(written, { reportInput: true });
  const { data } = result;
  if (isPlainObject(config)) {
    for (const issue of describeIssues(result.error?.issues ?? [], written)) complain(issue);
    for (const slip of nearlyFields(written, Object.keys(mainSchema.shape))) complain(slip);
  }
  const choice = mainSchema.shape.nodes.safeParse(written.nodes).data;
  const machines = choice ? machinesOf(choice, complain) : [];
  const files = localFiles(written, directory, complain);
  const sources = settled && mainSchema.shape.secrets.safeParse(written.secrets).data;
  const secrets = readSecrets(sources ?? {}, { directory, env: process.env }, complain);
  const names = sources && secretNames(sources);
  for (const mistake of unusableSecrets({ checks: written.checks }, names)) complain(mistake);
  mistakes.push(...toldByFlags(overrides, secrets));
  const checks = data?.checks.filter((check) => typeof check !== 'string') ?? [];
  const checkFiles = await checkFilesOf(written.checks, directory, machines, complain);
  return {
    ...{
      written,
      machines,
      ...files,
      checks,
      checkFiles,
      secrets,
      secretSources: sources ?? {},
      secretNames: names,
      flagged,
      mistakes,
      untold: untoldPaths(config),
    },
    ...(data ? { parsed: data } : {}),
    ...(settled?.why === undefined ? {} : { why: settled.why }),
  };
}

/** Whoever may list this machine's processes reads what stands on a command line. */
const toldByFlags = (overrides: Overrides, secrets: Secrets): ConfigMistake[] =>
  [...overrides.main, ...overrides.node].flatMap(({ flag, value }) => {
    const text = JSON.stringify(value);
    if (secrets.mask(text) === text) return [];
    const message = 'it has the value of a secret, which must not stand on a command line';
    return [{ source: flag, message }];
  });

function untoldPaths(config: unknown): readonly string[] {
  const { checks, nodes } = Object(config) as { readonly checks?: unknown; readonly nodes?: unknown };
  const ofChecks = Array.isArray(checks)
    ? checks.flatMap((check, index) => untoldKeys(check).map((key) => pathText(['checks', index, key])))
    : [];
  return [...ofChecks, ...(valueAt(nodes, ['provider']) === 'auto' ? ['nodes.provider'] : [])];
}

type Complain = (mistake: { path: string; message: string }) => void;

function localFiles(
  { nodeFiles, sshKey }: Readonly<Record<string, unknown>>,
  directory: string,
  complain: Complain,
): Pick<MainConfigReading, 'nodeFiles' | 'keyFile'> {
  const folder = hostPath(directory, typeof nodeFiles === 'string' ? nodeFiles : 'node_files');
  const stat = typeof nodeFiles === 'string' ? statSync(folder, { throwIfNoEntry: false }) : 'not told';
  if (!stat) complain({ path: 'nodeFiles', message: `there is no folder ${folder}` });
  else if (stat !== 'not told' && !stat.isDirectory()) {
    complain({ path: 'nodeFiles', message: `${folder} is no folder` });
  }
  if (typeof sshKey !== 'string' || sshKey === '') return { nodeFiles: folder };
  const keyFile = hostPath(directory, sshKey);
  const wrong = unreadable(keyFile);
  if (wrong) complain({ path: 'sshKey', message: wrong });
  return { nodeFiles: folder, keyFile };
}

function unreadable(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return `there is no file ${file}`;
  if (!stat.isFile()) return `${file} is no file`;
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch {
    return `${file} cannot be read: permission denied`;
  }
}

/**
 * The files that the globs among the checks match. The list is as written: other checks may be wrong in it.
 */
async function checkFilesOf(
  list: unknown,
  directory: string,
  machines: readonly MachineSpec[],
  complain: Complain,
): Promise<string[]> {
  const globs: { path: string; glob: string }[] = [];
  for (const [index, check] of Array.isArray(list) ? list.entries() : []) {
    const path = `checks[${index}]`;
    if (typeof check === 'string') globs.push({ path, glob: check });
    if (!isPlainObject(check)) continue;
    for (const mistake of unknownTarget(check.on, `${path}.on`, machines)) complain(mistake);
  }
  return findCheckFiles(directory, globs, (path, message) => complain({ path, message }));
}
