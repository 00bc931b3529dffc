import { ResponseError } from 'vscode-jsonrpc/node';
import { asShakedownError, ShakedownError } from '../../common/errors.ts';
import { failureCode } from '../../common/protocol.ts';
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
