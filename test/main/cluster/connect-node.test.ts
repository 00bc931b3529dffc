import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { connectNode } from '../../../main/cluster/connect-node.ts';
import type { Connector } from '../../../main/cluster/connector.ts';
import type { PlannedNode } from '../../../main/cluster/node.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';
import { runContext } from '../../fakes/run-context.ts';

const options = {
  ...{ runId: 'r', timeout: 300, secrets: new Secrets() },
  ...{ onDied: () => undefined, onClock: () => undefined },
};

test('an agent has as long to greet us as the node has to be connected: an emulated machine is slow', async () => {
  const asked: unknown[] = [];
  const connector = {
    connect: async () => ({
      closed: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    startAgent: async (_: unknown, { within }: { within?: number }) => {
      asked.push(within);
      throw new Error('enough');
    },
  };
  const planned = { id: 0, machine: { id: 0, ssh: {} } } as unknown as PlannedNode;
  await expect(
    connectNode(planned, connector as unknown as Connector, options, runContext()),
  ).rejects.toThrow('enough');
  expect(asked).toEqual([300]);
});

test('of a machine that never answers is told what it said last on its console', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const consoleLog = join(folder, 'console.log');
  writeFileSync(consoleLog, 'Welcome\nFailed to allocate manager object: Too many open files\n');
  const silent = new TimeLimitError('the ssh connection', 200, { message: 'no ssh answer', hint: 'look' });
  const of = (error: Error, machine: object) => {
    const connector = { connect: () => Promise.reject(error) } as unknown as Connector;
    const planned = { id: 0, machine: { id: 0, ssh: {}, ...machine } } as unknown as PlannedNode;
    return expect(connectNode(planned, connector, options, runContext())).rejects;
  };
  const lastLines = ['Welcome', 'Failed to allocate manager object: Too many open files'];
  await of(silent, { consoleLog }).toMatchObject({
    details: { message: 'no ssh answer', hint: 'look', lastLines },
  });
  await of(silent, {}).toBe(silent);
  const refused = new ShakedownError({ message: 'it refuses the login' });
  await of(refused, { consoleLog }).toBe(refused);
});
