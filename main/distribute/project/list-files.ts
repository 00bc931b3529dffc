import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ignoreRules from 'ignore';
import { ShakedownError } from '../../../common/errors.ts';
import { git } from './git.ts';
import { withoutGit } from './without-git.ts';

export interface FileChoice {
  /** Files that are ignored and needed all the same: paths (folders whole) or globs. */
  readonly include: readonly string[];
  /** Patterns in the words of gitignore(5). */
  readonly ignore: readonly string[];
}

/** What git is asked: tracked files, and new ones that are not ignored. */
const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];

/** What our own runs leave in a project's folder. */
const ours = ['/.shakedown', '/nodes', '/tester.log'];

/**
 * The project's files, relative to it and sorted: what git has and does not ignore, in a folder that is
 * no repository too; what is new counts, what is deleted does not. Links are files. Throws
 * ShakedownError where git cannot read its repository.
 */
export async function listFiles(
  directory: string,
  { include, ignore }: FileChoice,
): Promise<readonly string[]> {
  const leftOut = ignoreRules().add([...ours.filter((path) => isOurs(directory, path)), ...ignore]);
  const known = (await byGit(directory)) ?? withoutGit(directory);
  const kept = known.filter((path) => path !== '' && !leftOut.ignores(path));
  const added = include.flatMap((pattern) => filesAt(directory, pattern));
  return [...new Set([...kept, ...added])].filter((path) => isFile(directory, path)).sort();
}

/** A project may have a folder `nodes` of its own; ours is a link to the newest run. */
const isOurs = (directory: string, path: string): boolean =>
  path === '/.shakedown' ||
  lstatSync(join(directory, path), { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** Undefined where there is no git. */
async function byGit(directory: string): Promise<readonly string[] | undefined> {
  if (mayBeRepository(directory)) {
    const inside = await git(list, directory);
    if (inside === undefined) return undefined;
    if (inside.exitCode === 0) return withModules(directory, pathsIn(inside.stdout));
    if (!/not a git repository/i.test(inside.stderr)) {
      throw new ShakedownError({
        message: `git cannot tell which files the project has: ${inside.stderr.trim()}`,
        command: `git ${list.join(' ')}`,
      });
    }
  }
  // Its rules hold without a repository, too: an empty one stands in.
  const empty = emptyRepository();
  try {
    const beside = await git([`--git-dir=${empty}`, '--work-tree=.', ...list], directory);
    return beside?.exitCode === 0 ? pathsIn(beside.stdout) : undefined;
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

/** Git looks for it in the folders above, and where it is told. */
const mayBeRepository = (directory: string): boolean =>
  process.env.GIT_DIR !== undefined ||
  existsSync(join(directory, '.git')) ||
  (dirname(directory) !== directory && mayBeRepository(dirname(directory)));

/** What makes a folder one (gitrepository-layout(5)): `git init` copies examples besides. */
function emptyRepository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-git-'));
  for (const name of ['objects', 'refs']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'HEAD'), 'ref: refs/heads/main\n');
  return folder;
}

const pathsIn = (list: string): readonly string[] => list.split('\0').filter(Boolean);

/** A submodule, or a repository within this one, is one entry of it: its own git knows what is in it. */
async function withModules(directory: string, paths: readonly string[]): Promise<readonly string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const inner = path.replace(/\/$/, '');
    const stats = lstatSync(join(directory, inner), { throwIfNoEntry: false });
    if (!stats?.isDirectory()) all.push(path);
    else all.push(...((await byGit(join(directory, inner))) ?? []).map((below) => `${inner}/${below}`));
  }
  return all;
}

/** A folder stands for all that is in it. */
function filesAt(directory: string, pattern: string): readonly string[] {
  return globSync(pattern, { cwd: directory }).flatMap((path) => {
    const stats = lstatSync(join(directory, path), { throwIfNoEntry: false });
    if (!stats?.isDirectory()) return [path];
    return readdirSync(join(directory, path), { recursive: true, encoding: 'utf8' }).map((below) =>
      join(path, below),
    );
  });
}

function isFile(directory: string, path: string): boolean {
  const stats = lstatSync(join(directory, path), { throwIfNoEntry: false });
  return stats?.isFile() === true || stats?.isSymbolicLink() === true;
}
