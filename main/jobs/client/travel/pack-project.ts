import { join, relative } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import { entryProblem } from '../../packages/bounds.ts';
import { importedFiles } from './imported-files.ts';
import { isInside } from './is-inside.ts';
import { PackingList } from './packing-list.ts';

export interface ProjectToPack {
  /** Absolute, no link. */
  readonly directory: string;
  /** Its files, relative to it. */
  readonly paths: readonly string[];
  /** Its config, where it has one: that and what it imports travel, whatever git says of them. */
  readonly modules: readonly string[];
  /** Files (absolute) that do not travel in the package, for they hold secrets. */
  readonly secretFiles: ReadonlySet<string>;
}

/**
 * The files that travel with a distribution of a project, links as links. Throws UsageError that names all
 * that cannot.
 */
export function packProject({ directory, paths, modules, secretFiles }: ProjectToPack): PackingList {
  const list = new PackingList(secretFiles);
  const own = modules.map((path) => join(directory, path));
  const packages = join(directory, 'node_modules');
  const taken = paths.some((path) => path.startsWith('node_modules/')) ? [packages] : [];
  const { files, problems } = importedFiles(
    own,
    taken,
    (folder) => `--include ${relative(directory, folder)}`,
  );
  const imported = files.map((file) => relative(directory, file));
  for (const path of new Set([...paths, ...modules, ...imported])) {
    const from = join(directory, path);
    if (isInside(directory, from)) list.addAsItLies(from, path);
    else list.problems.add(`${path} is imported by ${modules.join(', ')}, and lies outside of the project`);
  }
  for (const [path, { type, target: linkpath = '' }] of list.entries) {
    const wrong = type === 'link' ? entryProblem({ path, type: 'SymbolicLink', linkpath }) : undefined;
    if (wrong !== undefined) list.problems.add(`${path}, ${wrong}`);
  }
  for (const problem of problems) list.problems.add(problem);
  if (list.problems.size > 0) {
    throw new UsageError(`Not all of it can travel:\n  ${[...list.problems].join('\n  ')}`, {
      hint: '--ignore leaves out what the tests do not need',
    });
  }
  return list;
}
