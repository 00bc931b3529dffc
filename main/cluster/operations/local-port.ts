import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Opens a port of the main host's loopback whose connections go wherever `connect` does, until `until` is
 * aborted, and gives its number. Connections to it end when nobody answers there. It keeps no process alive.
 */
export async function openLocalPort(connect: () => Promise<Duplex>, until: AbortSignal): Promise<number> {
  until.throwIfAborted();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    try {
      const stream = await connect();
      await pipeline(socket, stream, socket);
    } catch {
      socket.destroy();
    }
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(0, '127.0.0.1', resolve).unref();
  await promise;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  until.addEventListener('abort', close, { once: true });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
