import { copyFileSync, cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, relative } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { configFiles, loadScenario } from '../../config/load.ts';
import { nodeFacts } from '../../config/scenario.ts';
import type { JobSecret } from '../secrets/job-secret.ts';
import { outFolder } from '../worker/shakedown-worker.ts';
import { scenarioSecrets } from './declared-secrets.ts';
import { importsOutside } from './imports-outside.ts';

/** Where things lie in the package of a script. */
export const places = { alone: 'script', withFolder: 'with' };

/**
 * Puts a script, and the folder that it takes along, into a folder of its own and calls `use` with that and
 * with the arguments that `shakedown script` gets there. Paths are absolute. Throws UsageError.
 */
export async function gatherScript<T>(
  { file, withFolder }: { readonly file: string; readonly withFolder?: string | undefined },
  use: (folder: string, args: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no script ${file}.`);
  const folder = await mkdtemp(join(tmpdir(), 'shakedown-submit-'));
  try {
    const own = withFolder === undefined ? undefined : inside(withFolder, file);
    if (withFolder !== undefined) {
      if (!existsSync(withFolder)) throw new UsageError(`--with: there is no folder ${withFolder}.`);
      cpSync(withFolder, join(folder, places.withFolder), { recursive: true, verbatimSymlinks: true });
    }
    const path = own === undefined ? join(places.alone, basename(file)) : join(places.withFolder, own);
    if (own === undefined) {
      mkdirSync(join(folder, places.alone));
      copyFileSync(file, join(folder, path));
    }
    const more = withFolder === undefined ? [] : ['--with', places.withFolder];
    return await use(folder, [path, ...more, '--out', outFolder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Looks whether all that a scenario names travels with its folder (absolute), and its secrets as they are
 * declared: gives these. Throws UsageError that names what does not.
 */
export async function checkScenarioTravels(
  directory: string,
  declared: readonly JobSecret[] = [],
): Promise<readonly JobSecret[]> {
  const scenario = await loadScenario(directory, { cwd: directory }, async () => ({ provider: 'nspawn' }));
  const { machines, checkFiles, nodeFiles, login } = scenario;
  const nodes = machines.map((machine, id) =>
    nodeFacts({
      ...machine,
      id,
      name: `node${id}`,
      address: '192.0.2.1',
      ssh: { host: '192.0.2.1' },
    } as never),
  );
  const debs = nodes.flatMap((node) => scenario.nodeConfig(node, nodes).debs);
  const named = [...checkFiles, nodeFiles, ...debs, ...(login.keyFile ? [login.keyFile] : [])];
  const { main, node } = configFiles(directory);
  const outside = [
    ...[...new Set(named)].filter((path) => inside(directory, path) === undefined),
    ...importsOutside(directory, [main, node, ...checkFiles]),
  ];
  if (outside.length === 0) return scenarioSecrets(scenario.secretSources, declared, directory);
  const message = `These are not in ${directory}, and do not travel with it:\n  ${outside.join('\n  ')}`;
  throw new UsageError(message, { hint: 'copy them into the folder' });
}

function inside(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  return way.startsWith('..') || isAbsolute(way) ? undefined : way;
}
