import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { failureCode, maxMessage } from '../../../common/protocol.ts';
import { Streams } from '../../../common/streams/streams.ts';
import { RpcAgent } from '../../../main/agent/rpc-agent.ts';
import type { Remote, RemoteProcess } from '../../../main/remotes/remote.ts';

const startService = {
  workingDir: '/srv',
  service: { name: 'web', command: './web', readyWithin: 60, stopWithin: 5 },
};

/** An agent that answers what it is asked once that is called off, with this failure or not at all. */
function agentThatFails(data?: object) {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const streams = new Streams(stdin, stdout, {
    begins: false,
    maxMessage,
    onMessage: (message) => {
      const { method, params } = JSON.parse(message.toString()) as {
        readonly method: string;
        readonly params: { readonly id: number };
      };
      if (method !== '$/cancelRequest' || !data) return;
      const error = { code: failureCode, message: 'no', data };
      streams.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: params.id, error })));
    },
    onEnd: () => undefined,
  });
  const ended = new Promise<never>(() => undefined);
  const child: RemoteProcess = {
    ...{ stdin, stdout, stderr: new PassThrough(), ended },
    kill: () => undefined,
    resize: () => undefined,
  };
  const remote = { lost: new AbortController().signal, address: '10.0.0.1' } as Remote;
  return new RpcAgent(remote, child, { log: () => undefined, progress: () => undefined });
}

/** What a call that is called off comes to. */
async function calledOff(agent: RpcAgent, method: 'startService' | 'stopService'): Promise<unknown> {
  const controller = new AbortController();
  const { signal } = controller;
  const params = method === 'startService' ? startService : { name: 'web' };
  const call = agent.call(method, params as never, { signal });
  setTimeout(() => controller.abort(new Error('called off')), 10);
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('a service that had ended by itself before its start was called off is told, with its own time', async () => {
  const calledAt = Date.now();
  const agent = agentThatFails({ message: 'service web ended', verdict: 'fail', agoMs: 60_000 });
  const error = await calledOff(agent, 'startService');
  expect(error).toMatchObject({ message: 'service web ended', verdict: 'fail' });
  const { at = 0 } = (error as { details: { at?: number } }).details;
  expect(at).toBeGreaterThanOrEqual(calledAt - 60_000);
  expect(at).toBeLessThanOrEqual(Date.now() - 60_000);
});

test('what is only broken off, or not answered at all, is what called it off', async () => {
  for (const data of [{ message: 'This operation was aborted' }, undefined]) {
    expect(await calledOff(agentThatFails(data), 'startService')).toMatchObject({ message: 'called off' });
  }
  const late = agentThatFails({ message: 'ended', agoMs: 5 });
  expect(await calledOff(late, 'stopService'), 'only starts can fail by themselves').toMatchObject({
    message: 'called off',
  });
});
