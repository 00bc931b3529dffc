import { expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { parseMistake } from '../../../../main/commands/command-line/parse-mistake.ts';

/** A command line that cannot be taken: what is wrong with it, what was likely meant, and where help is. */
test.each([
  [
    'Unknown option `--timeuot`',
    "There is no option '--timeuot'. Did you mean '--timeout'?",
    'shakedown script --help',
  ],
  [
    'Unknown option `--keepOnFailur`',
    "There is no option '--keep-on-failur'. Did you mean '--keep-on-failure'?",
  ],
  ['Unknown option `--frobnicate`', "There is no option '--frobnicate'."],
  ['Unknown option `-C`', "There is no option '-C'."],
  ['Unknown option `-Q`', "There is no option '-Q'. Did you mean '-q'?"],
  ['Unknown option `-1`', "There is no option '-1'.", "write --FLAG=-1, if it is a flag's value"],
  ['option `--env <name=value>` value is missing', 'A value is missing: --env <name=value>.'],
  [
    'missing required args for command `script <file> [...args]`',
    'An argument is missing: shakedown script <file> [...args].',
  ],
  ['Unused args: `two`', "There is no place for 'two'."],
  ['what cac may say one day', 'what cac may say one day'],
])('%s', (said, message, hint = 'shakedown script --help') => {
  const words = parseMistake(said, 'script');
  expect(words).toBeInstanceOf(UsageError);
  expect(words).toMatchObject({ message, hint });
});
