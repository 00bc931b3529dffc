import { expect, onTestFinished, test } from 'vitest';
import { takeNode } from '../../node-agent/lock.ts';

const name = `test-${process.pid}`;
const holder = { pid: 42, runId: 'r1', mainHost: 'me@here', since: Date.UTC(2026, 0, 2, 3, 4, 5) };

test('a second agent is refused and told who has the node', async () => {
  const lock = await takeNode(name, holder);
  onTestFinished(() => void lock.close());
  await expect(takeNode(name, { ...holder, runId: 'r2' }, 0.1)).rejects.toMatchObject({
    message: 'the node is in use by run r1 of me@here since 2026-01-02T03:04:05Z (process 42 on the node)',
    details: { hint: expect.stringContaining('`kill 42`') },
  });
});

test('a second agent waits for one that is ending', async () => {
  const first = await takeNode(`${name}-ending`, holder);
  setTimeout(() => first.close(), 150);
  const second = await takeNode(`${name}-ending`, holder, 5);
  second.close();
});
