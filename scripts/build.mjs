// build.mjs [FOLDER [TSC-OPTION…]]: builds the npm package into `dist` or that folder: JavaScript and type declarations
// by tsc, the shell scripts and what the job server's pages are made of as they are, the agent as one bundled file.
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAgent } from '../main/agent/bundle.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder = join(root, 'dist'), ...tscOptions] = process.argv.slice(2);
const target = resolve(folder);

rmSync(target, { recursive: true, force: true });
const tsc = ['-p', join(root, 'tsconfig.build.json'), '--outDir', target, ...tscOptions];
execFileSync('tsc', tsc, { stdio: 'inherit' });
// Beside the JavaScript that uses them, as they lie beside the TypeScript.
const kinds = [
  '**/*.sh',
  'agent/*.cjs',
  'distribute/kinds/loaders/*.{py,rb,mjs}',
  'jobs/pages/views/**/*.eta',
  'jobs/pages/assets/*',
];
for (const script of globSync([...kinds.map((kind) => `main/${kind}`), 'common/**/*.sh'], { cwd: root })) {
  // A folder may hold nothing but shell.
  mkdirSync(dirname(join(target, script)), { recursive: true });
  copyFileSync(join(root, script), join(target, script));
}
await bundleAgent(join(target, 'agent.cjs'));
