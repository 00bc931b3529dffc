import { dirname } from 'node:path';
import { describeFailure } from '../../../common/errors.ts';
import type { Voice } from '../../report/voice.ts';
import type { ScriptRun } from '../../script/output/script-result.ts';

/** What the script's own output does not say. */
export function tellScriptRun(run: ScriptRun, quiet: boolean, voice: Voice): void {
  const many = run.machines.length > 1;
  for (const failure of run.failures) voice.error(describeFailure(failure));
  if (quiet) return;
  for (const { name, result } of run.machines) {
    const of = many ? `${name}: ` : '';
    if (result?.timedOut) voice.info(`${of}the script ran into its time limit`);
    for (const problem of result?.problems ?? []) voice.info(`${of}${problem}`);
    if (result && result.files.length > 0)
      voice.info(
        `${of}brought back ${result.files.length} ${result.files.length === 1 ? 'file' : 'files'}: ${placeOf(result.files)}`,
      );
  }
  const kept = run.machines.filter(({ result }) => result?.machine.kept);
  if (kept.length > 0)
    voice.info(
      `kept ${kept.map(({ name }) => name).join(', ')}: 'shakedown shell ${kept[0]?.name}', 'shakedown down'`,
    );
}

/** The one file, or the folder that all of them are in. */
function placeOf(files: readonly string[]): string {
  const [first = '', ...others] = files;
  if (others.length === 0) return first;
  let folder = dirname(first);
  while (!others.every((file) => file.startsWith(`${folder}/`))) folder = dirname(folder);
  return folder;
}
