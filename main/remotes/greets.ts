import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether an ssh server greets there (RFC 4253, 4.2). A forwarded port is open whoever is behind it. */
export async function greets(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(3000)]);
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  try {
    const told = once(socket, 'data', { signal: limit });
    const closed = once(socket, 'close', { signal: limit }).then(() => ['']);
    const [first]: readonly unknown[] = await Promise.race([told, closed]);
    return String(first).startsWith('SSH-');
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}
