import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isAlive, processIdentity } from '../../../common/processes/process-identity.ts';

test('a process lives until it has ended, though its parent has not asked about it yet (a zombie)', async () => {
  const parent = execa('sh', ['-c', 'sleep 300 & echo $!; exec sleep 300'], { reject: false });
  const { value: line } = await parent[Symbol.asyncIterator]().next();
  const child = processIdentity(Number(line));
  expect(isAlive(child)).toBe(true);
  process.kill(child.pid, 'SIGKILL');
  await expect.poll(() => isAlive(child)).toBe(false);
  expect(() => process.kill(child.pid, 0), 'it is a zombie').not.toThrow();
  parent.kill();
  await parent;
});

test('another process with the same id is not the one', () => {
  const self = processIdentity();
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTime: '1' })).toBe(false);
  expect(isAlive({ ...self, bootId: 'of another boot' })).toBe(false);
});
