import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { withoutNested } from '../../common/files/without-nested.ts';
import type { CollectParams, CollectPlan } from '../../common/protocol/evidence-protocol.ts';
import { matchingPaths } from './matching-paths.ts';
import { surveyTree } from './survey-tree.ts';

/** More problems than these are counted and not named. */
const maxProblems = 200;

/**
 * What to bring home: the working directory and what the globs match (fs.glob of Node: `*`, `**`,
 * `?`, `[…]`, `{a,b}`; names with a leading dot only where the glob has one), without what cannot
 * travel. A path that exists is taken as it is, whatever letters it has; with a link that is named
 * comes what it leads to. Writes nothing.
 */
export async function planCollection(params: CollectParams, signal?: AbortSignal): Promise<CollectPlan> {
  const problems: string[] = [];
  const unmatched: string[] = [];
  const roots = new Set<string>();
  for (const wanted of [params.workingDir, ...params.globs]) {
    const found = await expand(wanted, problems);
    for (const path of found) {
      roots.add(path);
      const target = targetOf(path, problems);
      if (target !== undefined) roots.add(target);
    }
    if (found.length === 0 && isAbsolute(wanted)) unmatched.push(wanted);
  }
  const paths: string[] = [];
  for (const root of withoutNested([...roots])) {
    const survey = await surveyTree(root, params.maxFileSize, signal);
    paths.push(...survey.paths);
    problems.push(...survey.problems);
  }
  const more = problems.length - maxProblems;
  const told = more > 0 ? [...problems.slice(0, maxProblems), `… and ${more} more`] : problems;
  return { paths, unmatched, problems: told };
}

async function expand(wanted: string, problems: string[]): Promise<string[]> {
  if (!isAbsolute(wanted) || wanted.includes('\0')) {
    problems.push(`${wanted}: not an absolute path`);
    return [];
  }
  const plain = normalize(wanted).replace(/(?<=.)\/+$/, '');
  try {
    if (lstatSync(plain, { throwIfNoEntry: false })) return [plain];
  } catch (error) {
    problems.push(`${plain}: ${String(error)}`);
  }
  return matchingPaths(plain);
}

/**
 * Where a link that was named leads in the end: who names it means what it stands
 * for. Undefined for what is no link.
 */
function targetOf(path: string, problems: string[]): string | undefined {
  try {
    if (!lstatSync(path).isSymbolicLink()) return undefined;
    return realpathSync.native(path);
  } catch (error) {
    problems.push(`${path}: a link to ${whereTo(path)}, which cannot be had: ${String(error)}`);
    return undefined;
  }
}

function whereTo(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '?';
  }
}
