import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildPrograms } from './programs.ts';

/**
 * Builds the package of the checkout `root` into `folder`, which is empty, as `npm install` would put it
 * there, but without type declarations: below `node_modules`, and beside it nothing but what its package.json
 * names, as links to what the checkout has. Gives the absolute path of the program `shakedown`.
 */
export async function installPackage(root: string, folder: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  const home = join(modules, 'shakedown');
  const { files, dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  for (const name of ['package.json', ...files.filter((file: string) => file !== 'dist')])
    cpSync(join(root, name), join(home, name), { recursive: true });
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const installed = join(root, 'node_modules', name);
    // One for another kind of machine is not.
    if (!existsSync(installed)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(installed, join(modules, name));
  }
  await buildPrograms(root, join(home, 'dist'));
  return join(home, 'bin/shakedown.mjs');
}
