import { copyFileSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleAgent } from '../../main/agent/bundle.ts';
import { bundle } from './bundle.ts';
import { licencesOf } from './licences.ts';

/**
 * Puts into `dist`, a folder, all of the package that runs: our sources as a bundle, the agent
 * as one file, the licences of what of others is in them, and what lies beside the sources
 * (shell programs, pages) as it lies there.
 */
export async function buildPrograms(root: string, dist: string): Promise<void> {
  const modules = [...(await bundle(root, dist)), ...(await bundleAgent(join(dist, 'agent.cjs')))];
  writeFileSync(join(dist, 'THIRD-PARTY-LICENCES.txt'), licencesOf(modules));
  for (const file of globSync('{main,common}/**', { cwd: root })) {
    if (file.endsWith('.ts') || statSync(join(root, file)).isDirectory()) continue;
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    copyFileSync(join(root, file), join(dist, file));
  }
}
