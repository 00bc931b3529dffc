import { once } from 'node:events';
import { connect } from 'node:net';
import { withTimeLimit } from '../../../common/time-limit.ts';

/** Whether an ssh server greets there (RFC 4253, 4.2). A forwarded port is open whoever is behind it. */
export async function greets(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  try {
    return await withTimeLimit({ what: 'the greeting', seconds: 3, signal }, async (stop) => {
      const told = once(socket, 'data', { signal: stop });
      const closed = once(socket, 'close', { signal: stop }).then(() => ['']);
      const [first]: readonly unknown[] = await Promise.race([told, closed]);
      return String(first).startsWith('SSH-');
    });
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}
