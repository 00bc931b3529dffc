import {
  asShakedownError,
  describeFailure,
  InterruptedError,
  ShakedownError,
  UsageError,
} from '../../common/errors.ts';
import { exitCodes } from '../../common/exit-codes.ts';
import { remedyFor } from '../../common/system-errors.ts';
import { type Audience, voiceOf } from './voice.ts';

/** Says what went wrong, with a stack trace only for what is our own mistake; gives the exit code. */
export function tellFailure(error: unknown, audience: Audience, program?: string): number {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  const voice = voiceOf(audience, program);
  if (error instanceof UsageError) {
    voice.error(error.hint ? `${error.message}\n  try: ${error.hint}` : error.message);
    return exitCodes.usage;
  }
  const known = asShakedownError(error);
  const expected = error instanceof ShakedownError || remedyFor(error) !== undefined;
  const stack = error instanceof Error && !expected ? `\n${error.stack}` : '';
  voice.error(describeFailure(known.details) + stack);
  return error instanceof ShakedownError ? error.exitCode : known.exitCode;
}
