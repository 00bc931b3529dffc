// Builds the npm package: JavaScript and type declarations by tsc, the agent as one bundled file.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
const { bundleAgent } = await import('../main/agent/bundle.ts');
await bundleAgent('dist/agent.mjs');
