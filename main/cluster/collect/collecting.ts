import { asShakedownError } from '../../../common/errors.ts';
import { isDiskFull } from '../../../common/system-errors.ts';
import type { Node } from '../node.ts';

/** What collecting needs of a node. */
export type Reached = Pick<Node, 'config' | 'agent' | 'remote'>;

export interface CollectOptions {
  /** The node's own directory in the run: `nodes/<n>`. */
  readonly directory: string;
  /** The run's beginning, ms since the epoch. */
  readonly sinceMs: number;
  readonly signal: AbortSignal;
  /** Told what of `collect` matches nothing on the node. */
  readonly onUnmatched?: (globs: readonly string[]) => void;
  /** Called when the main host's disk is full, so that not all comes home. */
  readonly noRoom?: () => void;
}

/** Does something that may fail without the rest; undefined when it did. */
export type Attempt = <T>(what: string, action: () => Promise<T>) => Promise<T | undefined>;

/** Attempts of which none throws: what one could not do is in `problems`, as a sentence. */
export function tolerant({ noRoom }: Pick<CollectOptions, 'noRoom'>): {
  readonly problems: string[];
  readonly attempt: Attempt;
} {
  const problems: string[] = [];
  const attempt: Attempt = async (what, action) => {
    try {
      return await action();
    } catch (error) {
      if (isDiskFull(error)) noRoom?.();
      problems.push(`${what}: ${asShakedownError(error).message}`);
      return undefined;
    }
  };
  return { problems, attempt };
}
