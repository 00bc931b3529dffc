import { asShakedownError, describeFailure } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { NodeUnderTest } from '../cluster/cluster-under-test.ts';

/** `Node 1 (10.0.0.12): the connection was lost …`: what a check says whose node went away under it. */
export function describeLoss(
  node: Pick<NodeUnderTest, 'id' | 'address'> | undefined,
  reason: unknown,
): string {
  const { details } = asShakedownError(reason, present({ node: node?.id, address: node?.address }));
  const message = /lost|clos|connection|come back/i.test(details.message)
    ? details.message
    : `the connection was lost: ${details.message}`;
  return describeFailure({ ...details, message });
}

/** Why a signal was aborted, as part of a sentence. */
export function reasonOf(signal: AbortSignal): string {
  const { reason } = signal;
  if (reason instanceof DOMException && reason.name === 'TimeoutError') return 'the time limit was reached';
  if (reason instanceof DOMException && reason.name === 'AbortError') return 'the run was ended';
  return reason instanceof Error ? reason.message : String(reason);
}
