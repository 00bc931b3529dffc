import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { FakeCluster } from '../../../fakes/cluster-under-test.ts';
import { Listener, named, ScenarioFolder, unlimited, withImports } from '../check-files.ts';

function write(file: string, source: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
}

const source = `import { seven } from 'a-package';
import { eight, fail } from '../../helper.ts';
test('imports', () => expect([seven, eight()]).toEqual([7, 8]));
test('differs', () => { expect(eight()).toBe(9); });
test('throws', () => fail());
test('says where it is', () => { throw new Error([import.meta.url, import.meta.filename].join(' ')); });`;

test.each([
  ['c#', 'checks'],
  ['what?', 'checks'],
  ['100%', 'checks'],
  ['50%25/it’s "q" ü', 'a check'],
  ['back\\slash', 'checks'],
  ['a#1/b?c', 'more #2? of them'],
])('check files load in the folder %s, below %s, and are told by their names', async (name, below) => {
  using folder = new ScenarioFolder(name);
  const [file = ''] = folder.write({ [`${below}/a.check.ts`]: withImports(source) });
  write(
    join(folder.directory, 'config/helper.ts'),
    'export const eight = (): number => 8;\nexport function fail() { throw new Error("on purpose"); }\n',
  );
  // As in a repository that has the scenario in a folder of it.
  const packageFolder = join(folder.directory, '../node_modules/a-package');
  write(join(packageFolder, 'package.json'), '{"type":"module","exports":"./index.js"}');
  write(join(packageFolder, 'index.js'), 'export const seven = 7;\n');
  await using host = folder.start([file]);
  const results = await host.run(new FakeCluster(), new Listener(), unlimited());
  const of = (test: string) => named(results, test);
  expect(of('imports'), JSON.stringify(results)).toMatchObject({
    verdict: 'pass',
    file: `config/checks/${below}/a.check.ts`,
  });
  expect(of('differs').detail).toContain(`at config/checks/${below}/a.check.ts:5:`);
  expect(of('throws').detail).toContain('at config/helper.ts:2:');
  expect(of('says where it is').message).toBe(`${pathToFileURL(file).href} ${file}`);
  expect(JSON.stringify(results)).not.toMatch(/links|\/proc\//);
  await host[Symbol.asyncDispose]();
  expect(readdirSync(join(folder.runDirectory, 'tmp'))).toEqual([]);
});
