import { resolve } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { historyFile, mergeHistories } from '../../distribute/history/history-file.ts';
import { count } from '../../report/words.ts';
import type { Command } from '../command.ts';

export const historyCommand: Command = async ([what, ...files], options, { cwd, stdout }) => {
  if (what !== 'merge' || files.length === 0) {
    throw new UsageError(
      what === 'merge' ? 'history merge takes files.' : `There is no 'history ${what}'; there is merge.`,
      {
        hint: 'shakedown history merge shard-*/history.json',
      },
    );
  }
  const into = options.into === undefined ? historyFile(cwd) : resolve(cwd, String(options.into));
  const others = files.map((file) => resolve(cwd, file));
  const { files: known, more } = mergeHistories(into, others);
  stdout.write(`${into} knows ${count(known, 'file')}, ${more} of them anew\n`);
  return 0;
};
