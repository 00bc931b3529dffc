import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packed } from '../../../main/jobs/packages/package-folder.ts';
import { checkParameters } from '../../../main/jobs/recipes/check-parameters.ts';
import { readRecipe } from '../../../main/jobs/recipes/read-recipe.ts';
import { folder } from '../remotes/fake-node.ts';

/** Reads a recipe of these files; those whose names begin with `x:` are executable. */
function tasksOf(files: Record<string, string>) {
  const place = folder();
  for (const [name, text] of Object.entries(files)) {
    const file = join(place, name.replace(/^x:/, ''));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (name.startsWith('x:')) chmodSync(file, 0o755);
  }
  return packed(place, readRecipe);
}
const namesOf = async (files: Record<string, string>) => (await tasksOf(files)).map(({ name }) => name);

describe('the tasks of a recipe are', () => {
  test('the executables at its top, without their suffix', async () => {
    const files = {
      'x:unit.sh': '#!/bin/sh\n',
      'x:lint': '#!/bin/sh\n',
      'x:lib/no': '',
      data: '',
      'x:.hidden': '',
    };
    expect(await tasksOf(files)).toEqual([
      { name: 'lint', by: 'executable', file: 'lint' },
      { name: 'unit', by: 'executable', file: 'unit.sh' },
    ]);
  });

  test('the functions that recipe.ts exports, found without running it', async () => {
    const source = `
      import { limited } from './limited.ts';
      throw new Error('it was run');
      type Given = { part: string };
      export async function unit(given: Given): Promise<number> { return 1; }
      export const arrow = async ({ part }: Given) => part;
      export const wrapped = limited(unit);
      function inside() {}
      function renamed() {}
      export { renamed as outside };
      export { other } from './other.ts';
      export const version = '1', list = [1], table = { unit };
      export type Gone = Given;
      export interface AlsoGone {}
      export default function () {}
    `;
    expect(await namesOf({ 'recipe.ts': source })).toEqual(['arrow', 'outside', 'unit', 'wrapped']);
  });

  test('those of a fabfile, of Fabric 2 and of Fabric 1, with what they take', async () => {
    const source = [
      'from fabric import task',
      '@task',
      "def run_tests(c, part, count=3, quick=False, name='all'):",
      '    pass',
      '@task(hosts=["a"],',
      '      optional=["x"])',
      'def deploy(c):',
      '    pass',
      'def helper(c): pass',
      '@task',
      'def anything(c, *rest): pass',
    ].join('\n');
    const tasks = await tasksOf({ 'fabfile.py': source });
    expect(tasks).toMatchObject([
      { name: 'anything', by: 'fabric' },
      { name: 'deploy', parameters: {} },
      {
        name: 'run-tests',
        parameters: {
          part: { type: 'string' },
          count: { type: 'number', default: 3 },
          quick: { type: 'boolean', default: false },
          name: { type: 'string', default: 'all' },
        },
      },
    ]);
    expect(tasks[0]).not.toHaveProperty('parameters');
    const old = 'def host_type(kind):\n  run("uname -s")\ndef _inside():\n  pass\n';
    expect(await namesOf({ 'fabfile.py': old })).toEqual(['host-type']);
  });

  test('described by recipe.json', async () => {
    const parameters = { part: { type: 'string', default: '.' }, count: { type: 'number' } };
    const about = JSON.stringify({ tasks: { unit: { description: 'fast ones', parameters } } });
    const [unit] = await tasksOf({ 'x:unit': '#!/bin/sh\n', 'recipe.json': about });
    expect(unit).toEqual({
      name: 'unit',
      by: 'executable',
      file: 'unit',
      description: 'fast ones',
      parameters,
    });
  });
});

describe('a bad recipe is told', () => {
  const json = (value: unknown) => ({ 'x:unit': '#!/bin/sh\n', 'recipe.json': JSON.stringify(value) });
  test.each([
    ['nothing in it', {}, 'There are no tasks in it'],
    ['nothing executable', { 'unit.sh': '#!/bin/sh\n', 'a/b': '' }, 'found a/, unit.sh'],
    ['no function', { 'recipe.ts': 'export const a = 1;' }, 'There are no tasks in it'],
    ['wrong TypeScript', { 'recipe.ts': 'const a = 1;\nexport functio unit() {}' }, 'recipe.ts:2:8: '],
    [
      'what types hide',
      { 'recipe.ts': 'const a: number = 1;\n  const a = 2;' },
      "recipe.ts:2:9: Identifier 'a'",
    ],
    ['TypeScript that is not stripped', { 'recipe.ts': 'enum A { b }' }, 'recipe.ts:1:1: TypeScript enum'],
    ['one name twice', { 'x:unit.sh': '', 'x:unit.py': '' }, "'unit' is there twice: unit.py, unit.sh"],
    ['a task that is not there', json({ tasks: { unot: {} } }), "recipe.json: there is no task 'unot'"],
    ['another field', json({ tasks: { unit: { params: {} } } }), 'recipe.json: tasks.unit: Unrecognized key'],
    ['a type that is none', json({ tasks: { unit: { parameters: { a: { type: 'int' } } } } }), 'a.type: '],
    [
      'a name for no shell',
      json({ tasks: { unit: { parameters: { 'a-b': {} } } } }),
      'letters, digits and _',
    ],
    ['no JSON', { 'x:unit': '', 'recipe.json': '{' }, 'recipe.json: '],
  ])('%s', async (_what, files, message) => {
    await expect(tasksOf(files as Record<string, string>)).rejects.toThrow(message);
  });
});

describe('what a task is given', () => {
  const parameters = {
    part: { type: 'string' },
    count: { type: 'number', default: 2 },
    quick: { type: 'boolean', default: false },
    os: { type: 'string', default: 'trixie', choices: ['bookworm', 'trixie'] },
  } as const;
  const task = { name: 'unit', by: 'executable', file: 'unit', parameters: { ...parameters } } as never;

  test('is text that becomes what it shall be, and defaults', () => {
    expect(checkParameters(task, { part: 'a', count: '-1.5e3', quick: 'true' })).toEqual({
      ...{ part: 'a', count: -1500, quick: true, os: 'trixie' },
    });
    expect(checkParameters(task, { part: '1', count: 3 })).toMatchObject({
      part: '1',
      count: 3,
      quick: false,
    });
  });

  test('is refused with all that is wrong', () => {
    const given = { cuont: 1, count: 'many', quick: 'yes', os: 'sid' };
    expect(() => checkParameters(task, given)).toThrow(
      "The parameters of the task 'unit': there is no 'cuont'; did you mean count?; 'part' is missing; " +
        '\'count\' takes a number; found "many"; \'quick\' takes a boolean; found "yes"; ' +
        '\'os\' is one of "bookworm", "trixie"; found "sid".',
    );
    expect(() => checkParameters(task, { part: 'a', constructor: 'b' } as never)).toThrow("no 'constructor'");
  });

  test('is anything where the recipe does not say', () => {
    const free = { name: 'free', by: 'executable', file: 'free' } as const;
    expect(checkParameters(free, { any: 1 })).toEqual({ any: 1 });
  });
});
