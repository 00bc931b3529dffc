import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** What the pages name is there: who moves a file finds here which of them tell of it. */
const root = join(import.meta.dirname, '..');
const pages = globSync('{*.md,{docs,bench,examples}/**/*.md}', { cwd: root }).filter(
  // It tells of what was, too.
  (page) => page !== 'CHANGELOG.md',
);
const read = (page: string) => readFileSync(join(root, page), 'utf8');

const ours =
  /(?<![\w./<>~-])(?:main|common|node-agent|bench|docs|scripts|test\/(?:main|e2e|fakes))\/[^\s`'",;:()]+/g;

test('files that the pages name are there', () => {
  const missing = pages.flatMap((page) =>
    [...read(page).matchAll(/`([^`\n]+)`/g)]
      .flatMap(([, code = '']) => code.match(ours) ?? [])
      // `main/providers/<kind>/` and the like are any.
      .filter((file) => !/[<>*{}…]/.test(file) && !existsSync(join(root, file)))
      .map((file) => `${page}: ${file}`),
  );
  expect(missing).toEqual([]);
});

test('links between the pages lead to a file, and to a heading of it', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ page, link })),
  );
  const inside = links.filter(({ link }) => !/^[a-z]+:/.test(link));
  expect(inside.length).toBeGreaterThan(100);
  const broken = inside.filter(({ page, link }) => {
    const [file, heading] = link.split('#');
    const target = file ? join(dirname(page), file) : page;
    if (!existsSync(join(root, target))) return true;
    return heading !== undefined && !headings(read(target)).includes(heading);
  });
  expect(broken.map(({ page, link }) => `${page}: ${link}`)).toEqual([]);
});

/** What GitHub makes of a page's headings, which links name behind a `#`. */
const headings = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('the tests that are begun first are there', () => {
  const named =
    readFileSync(join(root, 'test/longest-first.ts'), 'utf8').match(/(?:e2e|main)\/[\w/-]+/g) ?? [];
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !existsSync(join(root, `test/${name}.test.ts`)))).toEqual([]);
});
