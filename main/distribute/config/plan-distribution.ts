import { realpathSync, statSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { ChooseKind } from '../../config/settle-machines.ts';
import { historyFile, readHistory } from '../history/history.ts';
import { slowestFirst } from '../history/order.ts';
import { listFiles } from '../project/list-files.ts';
import type { Distribution } from '../suite/distribution.ts';
import { type CommandWords, writtenCommand } from '../suite/test-command.ts';
import type { DistributeConfig } from './distribute-config.ts';
import { type MachineWords, wishMachines } from './wish-machines.ts';

/** What the command line says. What it leaves open the config says. */
export interface DistributeWords extends MachineWords {
  /** Globs, files and folders. */
  readonly files: readonly string[];
  readonly command: CommandWords | undefined;
  readonly localRunners?: number;
  readonly include: readonly string[];
  readonly ignore: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Seconds for one file. */
  readonly timeout?: number;
}

/** Seconds for a hook: `bundle install` may build. */
const hookWithin = 1800;

/** Everything about a distribution that can be known before a machine is reached. Throws UsageError. */
export async function planDistribution(
  folder: string,
  config: DistributeConfig,
  words: DistributeWords,
  choose: ChooseKind,
): Promise<Distribution> {
  const directory = realpathSync(folder);
  const { command = config.command } = words;
  if (command === undefined || command.length === 0) {
    throw new UsageError('Which command runs the test files?', {
      hint: "shakedown distribute 'tests/**/*_test.py' -- pytest {files}",
    });
  }
  const test = writtenCommand(command);
  const globs = words.files.length > 0 ? words.files : [config.files ?? []].flat();
  if (globs.length === 0) {
    throw new UsageError('Which test files?', { hint: "shakedown distribute 'tests/**/*_test.py' -- …" });
  }
  const include = [...(config.include ?? []), ...words.include];
  const ignore = [...(config.ignore ?? []), ...words.ignore];
  const all = await listFiles(directory, { include, ignore });
  const paths = testFiles(directory, all, globs);
  const hook = config.hooks?.node_setup;
  for (const file of typeof hook === 'object' ? hook.files : []) {
    if (!all.includes(file)) throw new UsageError(`hooks.node_setup.files: the project has no file ${file}.`);
  }
  const sized = paths.map((path) => ({ path, bytes: statSync(join(directory, path)).size }));
  const machines = await wishMachines(config, words, directory, choose);
  const { localRunners = config.localRunners ?? 0 } = words;
  if (!machines && localRunners === 0) {
    throw new UsageError('There is nothing to run the tests on.', {
      hint: '--nodes a,b,c, --provider nspawn, or --local-runners 2',
    });
  }
  return {
    ...{ directory, command: test, localRunners, include, ignore },
    files: slowestFirst(sized, readHistory(historyFile(directory))),
    ...(machines && { machines }),
    hooks: config.hooks ?? {},
    env: { ...config.env, ...words.env },
    ports: config.ports ?? 20,
    limits: {
      file: words.timeout ?? config.limits?.file,
      silence: config.limits?.silence,
      hook: config.limits?.hook ?? hookWithin,
    },
  };
}

/**
 * The project's files that the globs name; a folder stands for all that is in it. Throws UsageError for none.
 */
export function testFiles(
  directory: string,
  all: readonly string[],
  globs: readonly string[],
): readonly string[] {
  const found = new Set<string>();
  for (const written of globs) {
    const glob = written.replace(/^\.\//, '').replace(/\/+$/, '');
    const isFolder = statSync(join(directory, glob), { throwIfNoEntry: false })?.isDirectory() === true;
    const before = found.size;
    for (const path of all) {
      if (path === glob || (isFolder ? path.startsWith(`${glob}/`) : matchesGlob(path, glob)))
        found.add(path);
    }
    if (found.size > before || all.some((path) => matchesGlob(path, glob))) continue;
    throw new UsageError(`No file of the project matches '${written}'.`, {
      hint: `files that git ignores are not sent: ${present(directory, glob) ? '--include names those that are needed' : 'look at the pattern, which is relative to the project'}`,
    });
  }
  return [...found];
}

const present = (directory: string, path: string): boolean =>
  statSync(join(directory, path), { throwIfNoEntry: false }) !== undefined;
