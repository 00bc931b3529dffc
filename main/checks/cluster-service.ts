import { type CancellationToken, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { asShakedownError, describeFailure } from '../../common/errors.ts';
import { ConnectionLostError } from '../remotes/connection-errors.ts';
import { describeLoss } from './attempts.ts';
import type { ClusterUnderTest, NodeUnderTest } from './check.ts';
import * as protocol from './check-protocol.ts';

/** Hears of calls that failed because a node was lost. */
export type LossListener = (test: string, message: string) => void;

/** Answers what a worker asks of the cluster. Failures travel as the sentence that the person reads. */
export function serveCluster(
  connection: MessageConnection,
  cluster: () => ClusterUnderTest,
  onLost: LossListener,
): void {
  const nodeOf = (id: number): NodeUnderTest => {
    const node = cluster().nodes.find((each) => each.id === id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  };

  connection.onRequest(protocol.exec, ({ node: id, test, command, ...options }, token) => {
    const node = id === undefined ? undefined : nodeOf(id);
    return answer({ test, node, onLost }, () => {
      const all = { ...options, signal: signalOf(token) };
      return node === undefined ? cluster().execOnMain(command, all) : node.exec(command, all);
    });
  });
  connection.onRequest(protocol.readFile, ({ node: id, test, path }) => {
    const node = nodeOf(id);
    return answer({ test, node, onLost }, () => node.readFile(path));
  });
  connection.onRequest(protocol.endpoint, ({ node: id, test, port }) => {
    const node = nodeOf(id);
    return answer({ test, node, onLost }, () => node.endpoint(port));
  });
  connection.onRequest(protocol.services, ({ node: id, test }) => {
    const node = nodeOf(id);
    return answer({ test, node, onLost }, () => node.services());
  });
  connection.onRequest(protocol.changeService, ({ node: id, test, name, action, signal }) => {
    const node = nodeOf(id);
    return answer({ test, node, onLost }, () => {
      if (action === 'start') return node.startService(name);
      return action === 'stop' ? node.stopService(name) : node.killService(name, signal);
    });
  });
  connection.onRequest(protocol.machineAct, ({ node: id, test, what, by }) => {
    const node = nodeOf(id);
    return answer({ test, node, onLost }, async () => {
      await node.act(what, by);
      return null;
    });
  });
}

interface Caller {
  readonly test: string | undefined;
  readonly node: NodeUnderTest | undefined;
  readonly onLost: LossListener;
}

async function answer<T>(
  caller: Caller,
  call: () => Promise<T>,
): Promise<T | ResponseError<protocol.CallFailure>> {
  const { node, test } = caller;
  try {
    return await call();
  } catch (error) {
    const lost = error instanceof ConnectionLostError || node?.lost.aborted === true;
    const where = node === undefined ? {} : { node: node.id, address: node.address };
    const message = lost
      ? describeLoss(node, error)
      : describeFailure(asShakedownError(error, where).details);
    if (lost) caller.onLost(test ?? '', message);
    return new ResponseError(protocol.callFailed, message, { message });
  }
}

function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('the check is over'));
  if (token.isCancellationRequested) abort();
  else token.onCancellationRequested(abort);
  return controller.signal;
}
