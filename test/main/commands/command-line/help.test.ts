import { expect, test } from 'vitest';
import { arranged } from '../../../../main/commands/command-line/help.ts';
import { commands } from '../../../../main/commands/registry.ts';

/** The help as cac writes it, in part. */
const sections = [
  { body: 'shakedown/1.0' },
  {
    title: 'Commands',
    body: `  cp <from> <to>                         Copy a file or a folder from a node or to it: cp 0:/etc/hosts ./hosts
  schedules <action> [name] [type] [...]  schedules list | add <name> | remove: jobs over and over`,
  },
  { title: 'For more info, run any command with the `--help` flag', body: '  $ shakedown cp --help' },
  {
    title: 'Options',
    body: '  --nodes <addresses>  Use these machines over ssh: a,b,node[01-20] \n  -h  Help\n  --no-apt  Not by apt (default: true)',
  },
];
const text = (width?: number, name?: string) =>
  arranged(
    sections,
    commands.find((command) => command.name === name),
    width,
  ).map(({ title, body }) => (title === undefined ? body : `${title}:\n${body}`));

test('on a terminal no word is broken: a long line goes on below its text, or all of it does', () => {
  expect(text(60)).toEqual([
    'shakedown/1.0',
    `Commands:
  cp <from> <to>
      Copy a file or a folder from a node or to it: cp
      0:/etc/hosts ./hosts
  schedules <action> [name] [type] [...]
      schedules list | add <name> | remove: jobs over and
      over`,
    `Options:
  --nodes <addresses>  Use these machines over ssh:
                       a,b,node[01-20]
  -h  Help
  --no-apt  Not by apt`,
    "'shakedown COMMAND --help' tells a command's options, with\nexamples.",
  ]);
});

test('elsewhere each line stays whole, for grep', () =>
  expect(text()[1]).toContain(
    'Copy a file or a folder from a node or to it: cp 0:/etc/hosts ./hosts\n  schedules',
  ));

test('a command says what it is for', () =>
  expect(text(60, 'reap')[1]).toBe(
    `Take away what killed runs of this folder left behind; what
is in use or was kept stays.`,
  ));
