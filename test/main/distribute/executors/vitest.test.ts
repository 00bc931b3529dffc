import { join } from 'node:path';
import { expect, test } from 'vitest';
import { place } from '../place.ts';

const modules = join(import.meta.dirname, '../../../../node_modules');

test('Vitest: the project’s own, loaded once; verdicts and names are those of its command', async () => {
  const { run, left, notes } = place({
    'package.json': '{ "type": "module", "devDependencies": { "vitest": "5" } }',
    '.gitignore': 'node_modules\n',
    'a.test.js': `import { describe, expect, test } from 'vitest';
describe('outer', () => {
  test('works', () => console.log('a works'));
  test('fails', () => expect(1).toBe(2));
  test.skip('later', () => {});
  describe('inner', () => test('deep', () => {}));
});
`,
    'b.test.js': "import { test } from 'vitest';\ntest('b', () => { globalThis.leak = 1; });\n",
    'c.test.js':
      "import { expect, test } from 'vitest';\ntest('sees nothing of others', () => expect(globalThis.leak).toBeUndefined());\n",
    'd.test.js': "import 'nothing-of-that-name';\n",
    'e.test.js': "import { test } from 'vitest';\ntest('exits', () => process.exit(0));\n",
  });
  const hooks = { node_setup: `ln -sfn '${modules}' node_modules` };
  const config = { localRunners: 1, hooks };
  const warm = await run(config);
  const cold = await run({ ...config, cold: true });
  const told = (result: typeof warm) =>
    result.files.map(({ file, verdict, tests }) => [
      file,
      verdict,
      ...tests.map((each) => `${each.name}: ${each.verdict} ${each.message ?? ''}`),
    ]);
  expect(notes.filter((note) => note.includes('loaded'))).toEqual([]);
  expect(told(warm)).toEqual(told(cold));
  expect(warm.files.map(({ verdict }) => verdict)).toEqual(['fail', 'pass', 'pass', 'fail', 'fail']);
  expect(
    warm.files.map(({ ran }) => ran?.process),
    'one process',
  ).toEqual(Array(5).fill(0));
  expect(left(warm, warm.files[0]?.ran?.output ?? '')).toContain('a works');
});
