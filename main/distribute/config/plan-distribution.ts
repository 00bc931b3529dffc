import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ChooseKind } from '../../config/machines/settle-machines.ts';
import { bytes, sizeSchema } from '../../providers/machine-options.ts';
import { isAmong } from '../build/build-plan.ts';
import { once } from '../hand-out/attempts.ts';
import { historyFile, readKnown } from '../history/history-file.ts';
import { slowestFirst } from '../history/order.ts';
import { selectFiles } from '../history/select-files.ts';
import { splitLong } from '../history/split-files.ts';
import { lookOf } from '../kinds/project-look.ts';
import type { RecordedOrder } from '../replay/past-run.ts';
import { Quarantine } from '../results/quarantine.ts';
import type { Distribution } from '../suite/distribution.ts';
import { writtenCommand } from '../suite/test-command.ts';
import { chooseFiles } from './choose-files.ts';
import type { DistributeConfig } from './distribute-config.ts';
import type { DistributeWords } from './distribute-words.ts';
import { repetitionOf } from './repetition.ts';
import { wishMachines } from './wish-machines.ts';

/** Seconds for a hook: `bundle install` may build. */
const hookWithin = 1800;

/** Runners of a node whose processors are not known yet. */
const usualRunners = 2;

/** Of a file, or of those that lie in a folder itself. */
function bytesOf(path: string, directory: string, all: readonly string[]): number {
  const stats = statSync(join(directory, path));
  if (!stats.isDirectory()) return stats.size;
  const own = all.filter((file) => posix.dirname(file) === path);
  return own.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

/** Everything about a distribution that can be known before a machine is reached. Throws UsageError. */
export async function planDistribution(
  folder: string,
  config: DistributeConfig,
  words: DistributeWords,
  choose: ChooseKind,
): Promise<Distribution> {
  const { order } = words;
  const chosen = await chooseFiles(folder, config, order ? wordsFor(order, folder, words) : words);
  const { directory, all, command } = chosen;
  const files = order ? filesOf(order) : chosen.files;
  const { home = directory } = words.sent ?? {};
  const env = { ...config.env, ...words.env };
  const cold = words.cold ?? config.cold ?? false;
  const test = writtenCommand(command, env, lookOf(directory, all));
  const { build } = config;
  mustHaveNamedFiles(config, all);
  const sized = files.map((path) => ({ path, bytes: bytesOf(path, directory, all) }));
  const { history, startMs } = readKnown(historyFile(home));
  const machines = await wishMachines(config, words, directory, choose);
  const { localRunners = config.localRunners ?? (order && !machines ? 1 : 0) } = words;
  if (!machines && localRunners === 0) {
    throw new UsageError('There is nothing to run the tests on.', {
      hint: '--nodes a,b,c, --provider nspawn, or --local-runners 2',
    });
  }
  const selection = { onlyFailed: false, ...(order ? {} : words) };
  const selected = selectFiles(slowestFirst(sized, history), history, selection);
  const { splitting } = test;
  const split = !order && (words.split ?? config.split ?? true) && splitting !== undefined;
  const runners = (machines?.runners ?? []).map((own = usualRunners) => own);
  return {
    ...{ directory, home, command: test, localRunners, list: chosen.list },
    files: split
      ? splitLong(selected, {
          ...{ history, startMs: startMs ?? 0, by: splitting },
          runners: runners.reduce((sum, own) => sum + own, localRunners),
        })
      : selected,
    failFast: words.failFast === true,
    ...{ cold, warm: cold && test.warm?.reportsCold ? undefined : test.warm },
    repetition: order ? once : repetitionOf(config, words, { files, history }),
    copies: !order && (words.copies ?? config.copies ?? true),
    ...present({ order }),
    quarantine: new Quarantine(config.quarantine ?? [], today(), files),
    startMs,
    ...(machines && { machines }),
    hooks: config.hooks ?? {},
    ...(build && { build: { on: 'main', files: [], ...build } }),
    env,
    ports: config.ports ?? 20,
    limits: limitsOf(config.limits, words),
  };
}

/** Throws UsageError where hooks or the build name files that the project has not got. */
function mustHaveNamedFiles({ hooks, build }: DistributeConfig, all: readonly string[]): void {
  const hook = hooks?.node_setup;
  for (const file of typeof hook === 'object' ? hook.files : []) {
    if (!all.includes(file)) throw new UsageError(`hooks.node_setup.files: the project has no file ${file}.`);
  }
  for (const pattern of build?.files ?? []) {
    if (all.some((file) => isAmong(file, [pattern]))) continue;
    throw new UsageError(`build.files: no file of the project matches '${pattern}'.`);
  }
}

/** Throws UsageError. */
const limitsOf = (limits: DistributeConfig['limits'], words: DistributeWords): Distribution['limits'] => ({
  file: words.timeout ?? limits?.file,
  silence: limits?.silence,
  hook: limits?.hook ?? hookWithin,
  memory: memoryOf(words.memory ?? limits?.memory),
});

const filesOf = ({ batches }: RecordedOrder): readonly string[] => [...new Set(batches.flat())];

/** The files of an order, and its command where no other is written. Throws UsageError. */
function wordsFor(order: RecordedOrder, folder: string, words: DistributeWords): DistributeWords {
  const files = filesOf(order);
  const gone = files.filter((file) => !existsSync(join(folder, file)));
  if (gone.length === 0) return { ...words, files, command: words.command ?? order.words };
  const names = `${gone.slice(0, 5).join(', ')}${gone.length > 5 ? ', …' : ''}`;
  throw new UsageError(
    `Files that runner ${order.runner} ran in run ${order.run} are no more: ${names} (${gone.length} of ${files.length}).`,
    { hint: 'go back to the version of the project that was run' },
  );
}

/** In bytes. Throws UsageError. */
function memoryOf(written: string | number | undefined): number | undefined {
  if (written === undefined || sizeSchema.safeParse(written).success)
    return written === undefined ? undefined : bytes(written);
  throw new UsageError(`--memory takes a size; found '${written}'.`, { hint: '--memory 2G' });
}

/** By the main host's clock, as who writes a config has it: `2026-12-31`. */
function today(): string {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
