import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { greets } from '../../../../main/remotes/commands/greets.ts';

describe('an ssh server', () => {
  const signal = new AbortController().signal;
  const opened: (() => void)[] = [];
  afterEach(() => {
    for (const close of opened.splice(0)) close();
  });

  async function listening(greeting: string): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (greeting === '') socket.destroy();
      else socket.write(greeting);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  test('is one that greets as such', async () => {
    expect(await greets('127.0.0.1', await listening('SSH-2.0-OpenSSH_9.2\r\n'), signal)).toBe(true);
    expect(await greets('127.0.0.1', await listening('220 mail\r\n'), signal)).toBe(false);
  });

  test('is not an open port behind which nobody is', async () => {
    expect(await greets('127.0.0.1', await listening(''), signal)).toBe(false);
  });

  test('is not asked for after an interrupt', async () => {
    const interrupted = AbortSignal.abort(new Error('interrupted'));
    await expect(greets('127.0.0.1', 9, interrupted)).rejects.toThrow('interrupted');
  });
});
