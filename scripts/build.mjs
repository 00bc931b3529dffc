// build.mjs [FOLDER [TSC-OPTION…]]: builds the npm package's programs and type declarations into `dist` or that folder.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPrograms } from './build/programs.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder = join(root, 'dist'), ...tscOptions] = process.argv.slice(2);
const target = resolve(folder);

rmSync(target, { recursive: true, force: true });
const tsc = ['-p', join(root, 'tsconfig.build.json'), '--outDir', target, ...tscOptions];
execFileSync('tsc', tsc, { stdio: 'inherit' });
await buildPrograms(root, target);
