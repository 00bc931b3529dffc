import { expect, test } from 'vitest';
import { parse } from '../../../../main/commands/command-line/parse.ts';

const parsed = (...words: string[]) => {
  const found = parse(['node', 'shakedown', ...words]);
  if (typeof found === 'number') throw new Error(`it ends with ${found}`);
  return found;
};

test('a flag without a value takes no word that follows it, however it is written', () => {
  const words = ['--fail-fast', 'a.sh', '--only-failed', 'b.sh', '--', 'sh', '--only-failed', '{file}'];
  expect(parsed('distribute', ...words)).toMatchObject({
    args: ['a.sh', 'b.sh'],
    options: { failFast: true, onlyFailed: true, rest: ['sh', '--only-failed', '{file}'] },
  });
  expect(parsed('jobs', 'logs', '-f', 'id')).toMatchObject({
    args: ['logs', 'id'],
    options: { follow: true },
  });
});

test('a flag with a value takes the word that follows it', () =>
  expect(parsed('distribute', '--local-runners', '2', 'a.sh')).toMatchObject({
    args: ['a.sh'],
    options: { localRunners: 2 },
  }));

test('a switch may be denied', () =>
  expect(parsed('server', '--no-install')).toMatchObject({ options: { install: false } }));
