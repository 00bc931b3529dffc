import { type CancellationToken, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { asShakedownError, describeFailure } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { ClusterUnderTest, NodeUnderTest } from '../../cluster/cluster-under-test.ts';
import { ConnectionLostError } from '../../remotes/connection-errors.ts';
import { describeLoss } from '../reasons.ts';
import * as protocol from './check-protocol.ts';

/** Hears of calls that failed because a node was lost. */
export type LossListener = (test: string, message: string) => void;

/** Answers what a worker asks of the cluster. Failures travel as the sentence that the person reads. */
export function serveCluster(
  connection: MessageConnection,
  cluster: () => ClusterUnderTest,
  onLost: LossListener,
): void {
  connection.onRequest(protocol.ask, async ({ scope, method, params, test, by, ...on }, token) => {
    const target = cluster();
    try {
      const asked = { signal: signalOf(token), ...present({ by }) };
      return (await target.ask(scope, method as never, on as never, params as never, asked)) ?? null;
    } catch (error) {
      const node = target.nodes.find(({ id }) => id === on.node);
      const { lost, message } = inWords(error, node);
      if (lost) onLost(test ?? '', message);
      return new ResponseError(protocol.callFailed, message, { message });
    }
  });
}

function inWords(error: unknown, node: NodeUnderTest | undefined): { lost: boolean; message: string } {
  if (error instanceof ConnectionLostError || node?.lost.aborted === true)
    return { lost: true, message: describeLoss(node, error) };
  const where = present({ node: node?.id, address: node?.address });
  return { lost: false, message: describeFailure(asShakedownError(error, where).details) };
}

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('the check is over'));
  if (token.isCancellationRequested) abort();
  else token.onCancellationRequested(abort);
  return controller.signal;
}
