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
    options: { localRunners: '2' },
  }));

test('a switch may be denied', () =>
  expect(parsed('server', '--no-install')).toMatchObject({ options: { install: false } }));

test('words stay as they were written: no number is made of what looks like one', () => {
  expect(parsed('run', '007', '--user', '1e3', '--nodes=10', '--set', 'a=01')).toMatchObject({
    args: ['007'],
    options: { user: '1e3', nodes: '10', set: 'a=01' },
  });
  expect(parsed('script', '-', '1', '--env', 'A=', '--', '', '5', '-')).toMatchObject({
    args: ['-', '1'],
    options: { env: 'A=', rest: ['', '5', '-'] },
  });
});

/** As `--nodes "$NODES"` is where NODES is not set. */
test.each([
  [['run', '--nodes', ''], 'The value is empty: --nodes <addresses>.'],
  [['run', '--nodes='], 'The value is empty: --nodes <addresses>.'],
  [['run', '--nodes=', 'folder'], 'The value is empty: --nodes <addresses>.'],
  [['run', '-u', ''], 'The value is empty: -u, --user <name>.'],
  [['render', '--node-files', ''], 'The value is empty: --node-files <folder>.'],
  [['run', '--set', 'a=1', '--set', ''], 'The value is empty: --set <path=value>.'],
  [['run', ''], 'An argument is empty: shakedown run [scenario].'],
])('%j is refused', (words, message) => expect(() => parsed(...words)).toThrow(message));

test('a script may get empty arguments', () =>
  expect(parsed('script', 'a.sh', '', 'b')).toMatchObject({ args: ['a.sh', '', 'b'] }));
