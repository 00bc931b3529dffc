import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FetchLimits, fetchFromNode } from '../../../../main/agent/hand-on/fetch-from-node.ts';
import { folder } from '../../remotes/fake-node.ts';
import { LocalRemote } from '../local-remote.ts';

const bytes = Buffer.alloc(3_000_001, 'runtime ');
const token = '0123456789abcdef';

/** Another node, where this happens to who connects; gives its port. */
async function otherNode(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => serve(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Circumstances {
  /** Shell scripts that the node has before the real ones. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly address?: string;
  readonly limits?: FetchLimits;
}

/** A node that fetches it; `left` is all that its cache has then. */
async function fetched(port: number, { programs = {}, address = '127.0.0.1', limits }: Circumstances = {}) {
  const [bin, cache] = [folder(), join(folder(), 'cache')];
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const remote = new LocalRemote({ PATH: `${bin}:${process.env.PATH}` });
  const target = join(cache, 'node-1/node');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = { file: 'unused', size: bytes.length, sha256 };
  const sending = { remote, root: true, log: () => undefined };
  const said = await fetchFromNode(file, target, { address, port, token }, sending, limits);
  const left = existsSync(cache) ? readdirSync(cache, { recursive: true }).map(String).sort() : [];
  return { said, left, target, commands: remote.commands };
}

test('a node fetches a runtime from another one: it can be run, and is known as what it is', async () => {
  const words: string[] = [];
  const port = await otherNode((socket) =>
    socket.once('data', (data) => {
      words.push(String(data));
      socket.end(bytes);
    }),
  );
  const { said, left, target, commands } = await fetched(port);
  expect(said).toBe('there');
  expect(words).toEqual([`${token}\n`]);
  expect(readFileSync(target).equals(bytes)).toBe(true);
  expect(statSync(target).mode & 0o777).toBe(0o755);
  expect(left).toEqual(['node-1', 'node-1.read', 'node-1/node']);
  // Others may list a node's processes with their arguments.
  expect(commands.join()).not.toContain(token);
});

describe('nothing is left of what another node', () => {
  test.each([
    ['gave in part and broke off', 'broken', (socket: Socket) => socket.end(bytes.subarray(1))],
    ['gave not at all', 'broken', (socket: Socket) => socket.end()],
    ['gave with other bytes', 'wrong', (socket: Socket) => socket.end(Buffer.alloc(bytes.length))],
    ['gave without end', 'broken', (socket: Socket) => socket.write(Buffer.alloc(50_000_000))],
  ] as const)('%s', async (_, said, serve) => {
    const result = await fetched(await otherNode(serve));
    expect(result).toMatchObject({ said, left: ['node-1'] });
  });

  test('gave too slowly', async () => {
    const port = await otherNode((socket) => {
      const timer = setInterval(() => socket.write('drop by drop'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    const limits = { connect_within: 2, stalled_after: 1, least: 1000 };
    expect(await fetched(port, { limits })).toMatchObject({ said: 'broken', left: ['node-1'] });
  });
});

describe('a node is not reached', () => {
  test('where nobody listens', async () => {
    const port = await otherNode(() => undefined);
    expect(await fetched(port + 1)).toMatchObject({ said: 'unreached' });
  });

  test('where nothing answers, as behind a firewall, and that is known soon', async () => {
    const begin = performance.now();
    // An address that is set aside for documentation (RFC 5737).
    expect(await fetched(9, { address: '192.0.2.1' })).toMatchObject({ said: 'unreached' });
    expect(performance.now() - begin).toBeLessThan(9000);
  });

  test('by a node that could not tell what came', async () => {
    const asked: unknown[] = [];
    const port = await otherNode((socket) => asked.push(socket));
    expect(await fetched(port, { programs: { bash: 'PATH=/nowhere exec /bin/bash "$@"' } })).toMatchObject({
      said: 'unreached',
    });
    expect(asked).toEqual([]);
  });

  test('by a node without bash', async () => {
    const port = await otherNode((socket) => socket.end(bytes));
    expect(await fetched(port, { programs: { bash: 'exit 127' } })).toMatchObject({
      said: 'unreached',
      left: [],
    });
  });
});

test('a node that has no room for it says so', async () => {
  const port = await otherNode((socket) => socket.end(bytes));
  const noRoom = 'echo "cat: write error: No space left on device" >&2; exit 1';
  const full = fetched(port, { programs: { cat: noRoom } });
  await expect(full).rejects.toThrow('no space left on the node for the agent');
});
