import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CanPower } from '../../../main/providers/capabilities.ts';
import type { Provider } from '../../../main/providers/provider.ts';
import { switchOnUntil } from '../../../main/virt/own-restart.ts';

const which = { cluster: { id: 'a1b2c3' }, machine: 0 };
const ctx = { signal: new AbortController().signal, log: () => undefined };
const every = 5;

/** A machine that answers while it is on. */
async function machine() {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('SSH-2.0-machine\r\n');
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as { port: number };
  const ons: number[] = [];
  const provider = {
    powerOff: () => new Promise<void>((resolve) => server.close(() => resolve())),
    powerOn: async () => {
      ons.push(Date.now());
      await listen(port);
    },
  } as unknown as Provider & CanPower;
  return { provider, ons, at: { host: '127.0.0.1', port }, close: () => server.close() };
}

describe('a machine that restarts by itself', () => {
  test('is switched on again where it went off instead', async () => {
    const { provider, ons, at, close } = await machine();
    const back = Promise.withResolvers<void>();
    const watching = switchOnUntil(back.promise, which, at, provider, ctx, every);
    await provider.powerOff(which, ctx);
    await expect.poll(() => ons).toHaveLength(1);
    back.resolve();
    await watching;
    close();
  });

  test('is left alone while it answers', async () => {
    const { provider, ons, at, close } = await machine();
    const back = sleep(300);
    await switchOnUntil(back, which, at, provider, ctx, every);
    expect(ons).toEqual([]);
    close();
  });

  test('is waited for no longer when it did not come back', async () => {
    const { provider, at, close } = await machine();
    close();
    const back = Promise.reject(new Error('no answer'));
    await expect(switchOnUntil(back, which, at, provider, ctx, every)).resolves.toBeUndefined();
  });

  test('is not switched on by a provider that cannot', async () => {
    await expect(
      switchOnUntil(
        new Promise(() => undefined),
        which,
        { host: '127.0.0.1', port: 9 },
        {} as Provider,
        ctx,
        every,
      ),
    ).resolves.toBeUndefined();
  });
});
