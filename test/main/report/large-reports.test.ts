import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { folder } from '../remotes/fake-node.ts';

test('reports of very many tests are written in little memory, and have each of them', async () => {
  const [place, checks] = [folder(), 60_000];
  const program = join(import.meta.dirname, 'write-large-reports.ts');
  // The tree of the XML alone would need more.
  const argv = ['--max-old-space-size=120', '--conditions=shakedown-source', program, place, `${checks}`];
  await execa(process.execPath, argv);
  const left = (name: string) => readFileSync(join(place, name), 'utf8');
  expect(left('junit.xml').match(/<testcase /g)).toHaveLength(checks);
  expect(left('junit.xml').match(/<skipped\/>/g)).toHaveLength(checks / 100);
  expect(left('junit.xml')).toMatch(
    /<testcase name="Shop sells &lt;7&gt;" .*\n {2}<\/testsuite>[\s\S]*<\/testsuites>$/s,
  );
  expect(JSON.parse(left('run.json')).checks).toHaveLength(checks);
  expect(left('report.html')).toContain(`<summary>${checks - checks / 100} passed</summary>`);
  expect(left('report.html').match(/<li>/g)?.length).toBeGreaterThanOrEqual(checks);
});
