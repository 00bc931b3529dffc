import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endOfConsole } from '../../../../main/cluster/power/end-of-console.ts';
import { folder } from '../../remotes/fake-node.ts';

test('the last lines of a console, however long it is, without colours and empty lines', async () => {
  const consoleLog = join(folder(), 'console.log');
  const lines = Array.from({ length: 100_000 }, (_, index) => `\u001b[1mline ${index}\u001b[0m\r\n\r\n`);
  writeFileSync(consoleLog, lines.join(''));
  const expected = Array.from({ length: 15 }, (_, index) => `line ${100_000 - 15 + index}`);
  expect(await endOfConsole(consoleLog)).toEqual(expected);
});

test('of a short one all lines, of none none', async () => {
  const consoleLog = join(folder(), 'console.log');
  writeFileSync(consoleLog, 'one\ntwo');
  expect(await endOfConsole(consoleLog)).toEqual(['one', 'two']);
  expect(await endOfConsole(`${consoleLog}.none`)).toEqual([]);
  expect(await endOfConsole(undefined)).toEqual([]);
});
