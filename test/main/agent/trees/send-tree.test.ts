import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../node-agent/temporary.ts';
import { startHere } from '../agent-here.ts';

/** A folder with a file that is more than a stream may send ahead. */
function bigTree(): string {
  const from = temporaryFolder();
  writeFileSync(join(from, 'big'), Buffer.alloc(5_000_000, 'x'));
  return from;
}

/** A full disk is told as this is: by the system, in the middle of a file. */
test('what cannot be written is told at once, however much was to come, and the agent goes on', async () => {
  const { agent, work } = await startHere();
  mkdirSync(join(work, 'big'));
  const from = bigTree();
  const sending = agent.upload(from, work, { timeout: 60 });
  await expect(sending).rejects.toMatchObject({
    message: `files could not be written to ${work}`,
    details: { lastLines: expect.arrayContaining([`cannot write ${join(work, 'big')}`]) },
  });
  await agent.upload(from, join(work, 'elsewhere'), { timeout: 60 });
  const sent = readFileSync(join(work, 'elsewhere/big'));
  expect(sent.equals(readFileSync(join(from, 'big')))).toBe(true);
});

test('a file that vanishes before its turn is told by name, and the agent goes on', async () => {
  const { agent, work } = await startHere();
  const from = bigTree();
  const sending = agent.upload(from, work, { timeout: 60, entries: ['big', 'gone'] });
  await expect(sending).rejects.toThrow(join(from, 'gone'));
  expect((await agent.exec('true')).exitCode).toBe(0);
});
