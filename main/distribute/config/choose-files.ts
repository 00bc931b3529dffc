import { realpathSync } from 'node:fs';
import { listFiles } from '../project/list-files.ts';
import { sharedLook } from '../project/shared-look.ts';
import type { CommandWords } from '../suite/command-words.ts';
import type { DistributeConfig } from './distribute-config.ts';
import type { DistributeWords } from './distribute-words.ts';
import { whatToRun } from './what-to-run.ts';

/** A project's files, those of them that are tests, and what runs these. */
interface ChosenFiles {
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
  const list = sharedLook(async () => sent?.files ?? (await listFiles(directory, { include, ignore })));
  const all = await list();
  const globs = words.files.length > 0 ? words.files : [config.files ?? []].flat();
  const what = whatToRun({ command: words.command ?? config.command, globs }, directory, all);
  return { directory, all, list, ...what };
}
