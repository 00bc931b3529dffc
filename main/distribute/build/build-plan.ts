import { createHash } from 'node:crypto';
import { matchesGlob } from 'node:path';
import type { ProjectFile } from '../../../common/protocol/project-protocol.ts';
import type { Manifest } from '../project/manifest.ts';

/** What is built once, before the tests, and sent to every node. */
export interface BuildPlan {
  /** A line for sh, in the project's folder. */
  readonly run: string;
  /** `main`: on this host. `node`: on the first node that is ready. */
  readonly on: 'main' | 'node';
  /** What it is made of: paths, folders and globs of the project; all files where none are named. */
  readonly files: readonly string[];
  /** Paths of files and folders that it makes, relative to the project. */
  readonly outputs: readonly string[];
}

/** Whether a path of the project is at or below one of these, or matches one of them as a glob. */
export const isAmong = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => isBelow(path, pattern) || matchesGlob(path, pattern));

const isBelow = (path: string, place: string): boolean => {
  const folder = place.replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`);
};

/** By what a build is known: what is run, with which environment, and what it is made of. */
export function buildKey(
  { run, on, files, outputs }: BuildPlan,
  env: Readonly<Record<string, string>>,
  project: Manifest,
): string {
  const made = (path: string) => outputs.some((output) => isBelow(path, output));
  const inputs = project.files.filter(
    ([path]): boolean => !made(path) && (files.length === 0 || isAmong(path, files)),
  );
  const sorted = inputs.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([run, on, outputs, env, sorted]))
    .digest('hex');
}

/** Whether a build left the same. */
export const isSame = (one: readonly ProjectFile[], other: readonly ProjectFile[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
