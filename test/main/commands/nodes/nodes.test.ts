import { expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { nodesCommand } from '../../../../main/commands/nodes/nodes.ts';
import { unusedPort } from '../../../fakes/ssh-server.ts';
import { folder, node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

async function oneOfTwo(): Promise<string> {
  const { target } = await node();
  return keptIn([target, { ...target, port: await unusedPort() }]);
}

test('lists the machines and whether they answer', async () => {
  const { code, stdout } = await inFolder(await oneOfTwo(), nodesCommand, { options: { wait: 0.3 } });
  expect(code).toBe(0);
  const [heading, first, second] = stdout.split('\n');
  expect(heading?.split(/ {2,}/)).toEqual(['id', 'name', 'address', 'role', 'answers']);
  expect(first?.split(/ {2,}/)).toEqual(['0', 'db0', '127.0.0.1', 'primary', 'yes']);
  expect(second).toMatch(/^1 {3}db1 .* no: no ssh answer from .*ECONNREFUSED/);
});

test('gives the same as JSON', async () => {
  const { stdout } = await inFolder(await oneOfTwo(), nodesCommand, { options: { json: true, wait: '0.3' } });
  expect(JSON.parse(stdout)).toMatchObject([
    { id: 0, name: 'db0', address: '127.0.0.1', role: 'primary', answers: true },
    { id: 1, name: 'db1', answers: false, reason: expect.stringContaining('ECONNREFUSED') },
  ]);
});

test('without machines it says how to get some', async () => {
  const refused = await inFolder(folder(), nodesCommand).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UsageError);
  expect(refused).toMatchObject({ hint: 'shakedown nodes up, or shakedown run --keep' });
});

test('a time that is none is the user’s mistake', async () => {
  const asked = inFolder(await oneOfTwo(), nodesCommand, { options: { wait: 'long' } });
  await expect(asked).rejects.toThrow("--wait takes seconds; found 'long'.");
});
