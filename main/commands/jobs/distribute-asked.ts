import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chooseFiles } from '../../distribute/config/choose-files.ts';
import { projectConfig, readProjectConfig } from '../../distribute/config/read-distribute-config.ts';
import { selectFiles } from '../../distribute/history/select-files.ts';
import { writtenCommand } from '../../distribute/suite/test-command.ts';
import { declaredSecrets } from '../../jobs/client/declared-secrets.ts';
import { packProject } from '../../jobs/client/travel/pack-project.ts';
import { bothNames, type PackingList } from '../../jobs/client/travel/packing-list.ts';
import type { JobSecret } from '../../jobs/secrets/job-secret.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { distributeWords } from '../distribute/distribute-words.ts';
import { list } from '../script/script-machines.ts';
import { distributeFlags } from './distribute-flags.ts';
import { handedOnFlag } from './handed-on.ts';

export interface AskedDistribution {
  readonly name: string;
  /** What follows `shakedown distribute` where it is run. */
  readonly args: string[];
  readonly secrets: JobSecret[];
  /** The project's files. */
  readonly list: PackingList;
}

/**
 * A distribution of the project in the current folder. What can be known of it without its machines is looked
 * at here. Throws UsageError.
 */
export async function distributeAsked(
  globs: readonly string[],
  options: CommandOptions,
  environment: Pick<CommandEnvironment, 'cwd' | 'env'>,
): Promise<AskedDistribution> {
  const { cwd, env } = environment;
  const words = distributeWords(globs, options, environment);
  const config = await readProjectConfig(cwd);
  const { directory, all, command, files } = await chooseFiles(cwd, config, words);
  writtenCommand(command, words.env);
  const known = files.map((path) => ({ path, expectedMs: undefined }));
  selectFiles(known, {}, { onlyFailed: false, ...words });
  const modules = existsSync(join(directory, projectConfig)) ? [projectConfig] : [];
  const declared = declaredSecrets(list(options.secret), { directory: cwd, env });
  const secretFiles = bothNames([...declared.files.values()]);
  const given = options.rest.length > 0 ? ['--', ...options.rest] : [];
  return {
    name: options.name === undefined ? basename(directory) : String(options.name),
    args: [...globs, ...flagsOf(options, env), ...given],
    secrets: [...declared.secrets],
    list: packProject({ directory, paths: all, modules, secretFiles }),
  };
}

const flagsOf = (options: CommandOptions, env: NodeJS.ProcessEnv): readonly string[] =>
  distributeFlags.flatMap(({ name, key, takesValue }) => {
    if (!takesValue) return options[key] === true ? [`--${name}`] : [];
    return handedOnFlag(name, options[key], env);
  });
