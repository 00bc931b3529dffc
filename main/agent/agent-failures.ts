import { ResponseError } from 'vscode-jsonrpc/node';
import { asShakedownError, type FailureDetails, ShakedownError } from '../../common/errors.ts';
import { failureCode } from '../../common/protocol.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { unwound } from '../../common/unwound.ts';
import { ConnectionLostError } from '../remotes/connection-errors.ts';
import type { Remote } from '../remotes/remote.ts';
import { checkFailure } from './answers/check-words.ts';

/** What the agent answered as a failure, with all that it knows; undefined for any other error. */
export function failureOnNode(error: unknown): ShakedownError | undefined {
  if (!(error instanceof ResponseError) || error.code !== failureCode || !error.data) return undefined;
  try {
    return checkFailure(error.data);
  } catch (unexpected) {
    return asShakedownError(unexpected);
  }
}

/**
 * Why there is no agent any more: a lost connection is ConnectionLostError, an agent that ended says how,
 * with the last lines of its stderr.
 */
export function endOfAgent(
  { lost, address }: Pick<Remote, 'lost' | 'address'>,
  { exitCode, signal }: { readonly exitCode: number | null; readonly signal: string | null },
  stderr: readonly string[],
  dismissed: boolean,
): ShakedownError {
  if (lost.reason instanceof ConnectionLostError) return lost.reason;
  if (dismissed) return new ShakedownError({ message: 'the agent on the node was dismissed' });
  if (lost.aborted || (exitCode === null && signal === null)) {
    const message =
      lost.reason instanceof Error ? lost.reason.message : 'the connection to the node was lost';
    return new ConnectionLostError({ message, address });
  }
  return new ShakedownError({
    message: `the agent on the node ${signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`}`,
    exitCode,
    lastLines: stderr.slice(-15),
    hint: 'look at the node (out of memory? `dmesg`), and report this if it is not its fault',
  });
}

/** Seconds for an agent to say that what it was asked for had failed before it was called off. */
const lastWords = 0.5;

/** What a call that was called off had come to by itself before, at a time of its own. */
export async function failureBefore(
  asked: Promise<unknown> | undefined,
): Promise<ShakedownError | undefined> {
  const failure = asked?.then(() => undefined, failureOnNode);
  const told = failure && (await unwound(failure, lastWords));
  return told?.details.at === undefined ? undefined : told;
}

/**
 * Seconds for an agent to end a task that is called off: SIGKILL comes after one, and busy nodes take longer.
 */
const taskEndsWithin = 10;

/** A task was called off, and its agent has not said since that nothing of it runs any more. */
export class UnansweredError extends Error {
  /** What an error that tells why it was called off says besides. */
  after({ message }: Error): Pick<FailureDetails, 'message' | 'hint'> {
    return {
      message: `${message}, and the node did not say within ${taskEndsWithin} s more that its processes have ended`,
      hint: 'look for them on the node, and whether it answers at all',
    };
  }
}

/**
 * Waits until an agent has answered what was called off. Throws UnansweredError when it does not, or is gone.
 */
export async function answered(asked: Promise<unknown> | undefined, gone: AbortSignal): Promise<void> {
  const limit = { what: 'its end', seconds: taskEndsWithin, signal: gone };
  const over = () =>
    asked?.then(
      () => undefined,
      () => undefined,
    );
  await withTimeLimit(limit, over).catch(() => {
    throw new UnansweredError();
  });
}
