import { UsageError } from '../../../common/errors.ts';
import type { Repetition } from '../hand-out/attempts.ts';
import type { History } from '../history/history.ts';
import type { DistributeConfig } from './distribute-config.ts';
import { percentage } from './distribute-schema.ts';

/** What the command line says of files that are run more than once. */
export interface RepetitionWords {
  readonly retries?: number;
  /** `5%` */
  readonly retryBudget?: string;
  readonly newRepeat?: number;
}

/** Which files are run more than once. Throws UsageError. */
export function repetitionOf(
  config: DistributeConfig,
  words: RepetitionWords,
  { files, history }: { readonly files: readonly string[]; readonly history: History },
): Repetition {
  const { retries = config.retries ?? 0, newRepeat: times = config.newRepeat ?? 1 } = words;
  const { retryBudget = config.retryBudget } = words;
  if (retryBudget !== undefined && !percentage.test(retryBudget)) {
    throw new UsageError(`--retry-budget takes a part of the files; found '${retryBudget}'.`, {
      hint: '--retry-budget 5%',
    });
  }
  const budget = retryBudget === undefined ? undefined : Number.parseFloat(retryBudget) / 100;
  // Where nothing is known every file would be new.
  const known = files.some((file) => history[file]);
  const fresh = known && times > 1 ? files.filter((file) => !history[file]) : [];
  return { retries, budget, repeated: new Set(fresh), times };
}
