import { inspect } from 'node:util';
import { describeFailure, ShakedownError } from '../common/errors.ts';

/**
 * Vitest tells of an error its message and stack alone, and a `codeFrame` if it has one. So an error of ours
 * tells there what it knows (command, exit code, last lines, what to try), and one that came while something
 * was given back tells both, of which the suppressed one was first.
 */
tells(ShakedownError.prototype, (error) => describeFailure(error.details));
tells(SuppressedError.prototype, ({ suppressed, error }) =>
  ['first:', words(suppressed), 'and then:', words(error)].join('\n'),
);

const words = (error: unknown): string =>
  error instanceof ShakedownError ? describeFailure(error.details) : inspect(error);

function tells<E extends Error>(prototype: E, told: (error: E) => string): void {
  Object.defineProperty(prototype, 'codeFrame', {
    configurable: true,
    get(this: E) {
      // Of the prototype itself nothing is known.
      return this === prototype ? undefined : told(this);
    },
  });
}
