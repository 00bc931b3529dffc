import { copyFileSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import type { ScenarioFlags } from '../../../config/load.ts';
import { isInside } from './is-inside.ts';
import { type NamedFiles, namedFiles } from './named-files.ts';
import type { PackingList } from './packing-list.ts';

/** Bytes; what is larger is no module, and is not copied where it cannot be linked. */
const largestCopy = 1024 * 1024;

/**
 * Loads a scenario as a worker will: in another folder, with what travels alone. Gives the named files that
 * are not found by that, for they are named by absolute paths, with their places in the package. Throws
 * UsageError when it does not load there.
 */
export async function loadElsewhere(
  packed: {
    readonly list: PackingList;
    readonly place: (path: string) => string;
    readonly secretFiles: readonly string[];
  },
  { directory, variants }: { readonly directory: string; readonly variants: readonly ScenarioFlags[] },
  named: NamedFiles,
): Promise<Readonly<Record<string, string>>> {
  const { list, place, secretFiles } = packed;
  const stage = realpathSync(mkdtempSync(join(tmpdir(), 'shakedown-package-')));
  const at = (path: string): string => join(stage, place(path));
  try {
    for (const [path, { type, from, size, target = '' }] of list.entries) {
      if (type === 'folder') mkdirSync(join(stage, path), { recursive: true });
      else if (type === 'link') symlinkSync(target, withFolder(join(stage, path)));
      else lay(from, join(stage, path), size);
    }
    for (const file of secretFiles) lay(realpathSync(file), at(file), 0);
    const there = await namedFiles(
      at(directory),
      variants.map(({ nodeFiles, ...flags }) =>
        nodeFiles === undefined ? flags : { ...flags, nodeFiles: at(nodeFiles) },
      ),
    );
    const known = pathsOf(named);
    const elsewhere = pathsOf(there).filter((path) => !isInside(stage, path));
    const strange = elsewhere.find((path) => !known.includes(path));
    if (strange !== undefined) throw new UsageError(`it names ${strange}, which it did not name here`);
    return Object.fromEntries(elsewhere.map((path) => [path, place(path)]));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const why = error.message.replaceAll(`${stage}/`, '').replaceAll(stage, '.');
    throw new UsageError(`${directory} does not load with what travels alone:\n${why}`, {
      hint: '--with PATH takes along what the config reads besides',
    });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

const pathsOf = ({ files, keyFiles, secrets }: NamedFiles): readonly string[] => [
  ...files,
  ...keyFiles,
  ...secrets.flatMap(({ file }) => file ?? []),
];

function withFolder(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

function lay(from: string, to: string, size: number): void {
  withFolder(to);
  try {
    linkSync(from, to);
  } catch {
    if (size > largestCopy) symlinkSync(from, to);
    else copyFileSync(from, to);
  }
}
