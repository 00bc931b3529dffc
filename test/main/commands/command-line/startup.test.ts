import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { scenarioOf } from '../../config/scenario-folder.ts';
import { folder } from '../../remotes/fake-node.ts';

const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');

/** Tells on stderr, at the end, the URLs of all modules that a process has loaded. */
const teller = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  process.on('exit', () => process.stderr.write(JSON.stringify(urls)));
`)}`;

/**
 * The npm packages and the files of ours that a command line loads, and how many files of zod's languages.
 */
async function loadedBy(args: readonly string[], cwd: string) {
  const { stderr } = await execa(process.execPath, ['--import', teller, program, ...args], { cwd });
  const urls = JSON.parse(stderr) as string[];
  const packages = urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  const ours = urls.filter((url) => url.startsWith('file:') && !url.includes('/node_modules/'));
  const languages = urls.filter((url) => url.includes('/zod/v4/locales/'));
  return { packages: [...new Set(packages)].toSorted(), ours, languages: languages.length };
}

test.each(['--version', '--help', 'run --help'])('%s loads no command', async (line) => {
  const { packages, ours } = await loadedBy(line.split(' '), folder());
  expect(packages).toEqual(['cac']);
  expect(ours.length).toBeLessThan(35);
});

test('the list of runs loads what reads a record', async () => {
  const { packages, languages } = await loadedBy(['runs', 'list'], folder());
  expect(packages).toEqual(['cac', 'zod']);
  expect(languages).toBe(1);
});

test('the config loads what reads a config, and nothing that makes machines or reaches them', async () => {
  const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
  const { packages, ours } = await loadedBy(['config'], directory);
  expect(packages).toEqual(['cac', 'zod']);
  expect(ours.length).toBeLessThan(160);
  const other = ours.filter((url) => /work-loop|distribute-schema|create-cluster/.test(url));
  expect(other).toEqual([]);
});

test('what is compiled of a config is found again by the next process', async () => {
  const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
  const cache = folder();
  const files = async () => {
    await execa(process.execPath, [program, 'config'], { cwd: directory, env: { SHAKEDOWN_CACHE: cache } });
    return readdirSync(join(cache, 'compiled'), { recursive: true }).length;
  };
  const first = await files();
  expect(first).toBeGreaterThan(100);
  expect(await files()).toBe(first);
});
