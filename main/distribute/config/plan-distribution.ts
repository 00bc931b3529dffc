import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { ChooseKind } from '../../config/machines/settle-machines.ts';
import { historyFile, readHistory, readStart } from '../history/history.ts';
import { slowestFirst } from '../history/order.ts';
import { type Selection, selectFiles } from '../history/select-files.ts';
import { listFiles } from '../project/list-files.ts';
import type { SentProject } from '../project/sent-project.ts';
import type { Distribution } from '../suite/distribution.ts';
import { type CommandWords, writtenCommand } from '../suite/test-command.ts';
import type { DistributeConfig } from './distribute-config.ts';
import { whatToRun } from './what-to-run.ts';
import { type MachineWords, wishMachines } from './wish-machines.ts';

/** What the command line says. What it leaves open the config says. */
export interface DistributeWords extends MachineWords, Partial<Selection> {
  /** Globs, files and folders. */
  readonly files: readonly string[];
  readonly command: CommandWords | undefined;
  readonly localRunners?: number;
  readonly include: readonly string[];
  readonly ignore: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Seconds for one file. */
  readonly timeout?: number;
  readonly failFast?: boolean;
  /** Where the project lies as a job server's worker was sent it. */
  readonly sent?: SentProject;
}

/** Seconds for a hook: `bundle install` may build. */
const hookWithin = 1800;

/** A project's files, those of them that are tests, and what runs these. */
export interface ChosenFiles {
  /** The project's folder, links resolved. */
  readonly directory: string;
  readonly all: readonly string[];
  /** Looks for all of them anew. */
  readonly list: () => Promise<readonly string[]>;
  readonly command: CommandWords;
  readonly files: readonly string[];
}

/** What of a project is sent, and what of that is run. Throws UsageError. */
export async function chooseFiles(
  folder: string,
  config: DistributeConfig,
  words: Pick<DistributeWords, 'files' | 'command' | 'include' | 'ignore' | 'sent'>,
): Promise<ChosenFiles> {
  const directory = realpathSync(folder);
  const include = [...(config.include ?? []), ...words.include];
  const ignore = [...(config.ignore ?? []), ...words.ignore];
  const { sent } = words;
  const list = async () => sent?.files ?? (await listFiles(directory, { include, ignore }));
  const all = await list();
  const globs = words.files.length > 0 ? words.files : [config.files ?? []].flat();
  const what = whatToRun({ command: words.command ?? config.command, globs }, directory, all);
  return { directory, all, list, ...what };
}

/** Everything about a distribution that can be known before a machine is reached. Throws UsageError. */
export async function planDistribution(
  folder: string,
  config: DistributeConfig,
  words: DistributeWords,
  choose: ChooseKind,
): Promise<Distribution> {
  const chosen = await chooseFiles(folder, config, words);
  const { directory, all, command, files } = chosen;
  const { home = directory } = words.sent ?? {};
  const env = { ...config.env, ...words.env };
  const test = writtenCommand(command, env);
  const hook = config.hooks?.node_setup;
  for (const file of typeof hook === 'object' ? hook.files : []) {
    if (!all.includes(file)) throw new UsageError(`hooks.node_setup.files: the project has no file ${file}.`);
  }
  const sized = files.map((path) => ({ path, bytes: statSync(join(directory, path)).size }));
  const history = readHistory(historyFile(home));
  const machines = await wishMachines(config, words, directory, choose);
  const { localRunners = config.localRunners ?? 0 } = words;
  if (!machines && localRunners === 0) {
    throw new UsageError('There is nothing to run the tests on.', {
      hint: '--nodes a,b,c, --provider nspawn, or --local-runners 2',
    });
  }
  return {
    ...{ directory, home, command: test, localRunners, list: chosen.list },
    files: selectFiles(slowestFirst(sized, history), history, { onlyFailed: false, ...words }),
    failFast: words.failFast === true,
    startMs: readStart(historyFile(home)),
    ...(machines && { machines }),
    hooks: config.hooks ?? {},
    env,
    ports: config.ports ?? 20,
    limits: {
      file: words.timeout ?? config.limits?.file,
      silence: config.limits?.silence,
      hook: config.limits?.hook ?? hookWithin,
    },
  };
}
