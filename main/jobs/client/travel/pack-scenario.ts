import { homedir } from 'node:os';
import { dirname, relative } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import type { ScenarioFlags } from '../../../config/load.ts';
import type { MovedPaths } from '../../../context/host-path.ts';
import type { JobSecret } from '../../secrets/job-secret.ts';
import { type DeclaredSecrets, scenarioSecrets } from '../declared-secrets.ts';
import { importedFiles } from './imported-files.ts';
import { isInside } from './is-inside.ts';
import { loadElsewhere } from './load-elsewhere.ts';
import { type NamedFiles, namedFiles } from './named-files.ts';
import { bothNames, PackingList } from './packing-list.ts';

export interface ScenarioToPack {
  /** Absolute. */
  readonly directory: string;
  /** The flags with which it will be run; each may make it name other files. */
  readonly variants: readonly ScenarioFlags[];
  /** Files and folders (absolute) that travel, too, though the config does not name them. */
  readonly more: readonly string[];
  readonly declared: DeclaredSecrets;
}

export interface PackedScenario {
  readonly list: PackingList;
  /** Where something (absolute) lies in the package; empty for all of it. */
  readonly place: (path: string) => string;
  /** The files that are named by absolute paths; where they lie in the package. */
  readonly moved: MovedPaths;
  readonly secrets: readonly JobSecret[];
  /** What of it does not lie in the scenario's folder, as seen from there. */
  readonly outside: readonly string[];
}

/**
 * Which files travel with a scenario: its folder, and all that its config names or imports. What lies outside
 * of the folder keeps its place beside it, so that relative paths hold. Throws UsageError that names all that
 * cannot travel, with what to do, and ConfigError for a scenario that is wrong.
 */
export async function packScenario(asked: ScenarioToPack): Promise<PackedScenario> {
  const { directory, variants, declared, more } = asked;
  const named = await namedFiles(directory, variants);
  const { files: imported, problems } = importedFiles(named.modules, more);
  const keys = placedKeys(named, asked);
  const secretFiles = [...named.secrets.flatMap(({ file }) => file ?? []), ...keys.values()];
  const all = [...new Set([...named.files, ...named.modules, ...imported, ...more])];
  const root = [...all, ...secretFiles].map(dirname).reduce(commonFolder, directory);
  const place = (path: string): string => relative(root, path);

  const list = new PackingList(bothNames([...secretFiles, ...declared.files.values()]));
  for (const path of [directory, ...all]) list.add(path, place(path));
  list.checkLinks();
  for (const problem of [...problems, ...unplaced(named, asked, keys)]) list.problems.add(problem);
  if (list.problems.size > 0) {
    const message = `Not all that ${directory} needs can travel:\n  ${[...list.problems].join('\n  ')}`;
    throw new UsageError(message, { hint: '--with PATH takes along what the config does not name' });
  }
  const placed = named.secrets.map(({ file, ...secret }) =>
    file === undefined ? secret : { ...secret, file: place(file) },
  );
  const secrets = scenarioSecrets(placed, declared.secrets).map((secret) => {
    const key = keys.get(secret.name);
    return key === undefined ? secret : { ...secret, file: place(key) };
  });
  const files = await loadElsewhere({ list, place, secretFiles }, asked, named);
  const outside = all.filter((path) => !isInside(directory, path)).map((path) => relative(directory, path));
  return { list, place, moved: { home: homedir(), files }, secrets, outside };
}

/** Private keys that are declared as secrets, by the names of those. */
function placedKeys({ keyFiles }: NamedFiles, { declared }: ScenarioToPack): ReadonlyMap<string, string> {
  return new Map([...declared.files].filter(([, file]) => keyFiles.includes(file)));
}

/** What is named and has no place in a package. */
function unplaced(
  { keyFiles, absoluteGlobs }: NamedFiles,
  { directory }: ScenarioToPack,
  keys: ReadonlyMap<string, string>,
): readonly string[] {
  const left = keyFiles.filter((file) => !isInside(directory, file) && ![...keys.values()].includes(file));
  return [
    ...left.map((file) => `${file} is a private key outside of the folder: --secret ssh_key=file:${file}`),
    ...absoluteGlobs.map((glob) => `the checks '${glob}' are told by an absolute path: tell a relative one`),
  ];
}

function commonFolder(one: string, other: string): string {
  return isInside(one, other) ? one : commonFolder(dirname(one), other);
}
