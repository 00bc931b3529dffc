import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of the npm packages that modules are of, as one text: each package with its version
 * and what it says of its licence, word for word. `modules` are absolute paths. Throws for a
 * package that says nothing of a licence.
 */
export function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((file) => packageFolder(file) ?? []));
  // Two copies of a package may have been installed.
  const parts = [...new Set([...folders].map(licenceOf))].toSorted((a, b) => a.localeCompare(b, 'en'));
  return `What shakedown's dist/ has in it of others, and their licences.\n${parts.join('')}`;
}

/** The folder of the npm package that a module belongs to; none for a module of ours or of the bundler's. */
function packageFolder(file: string): string | undefined {
  const name = /^[^\0].*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
  // Inside of a package there are package.json files that only say which kind of modules lie there.
  return name && existsSync(join(name, 'package.json')) ? name : undefined;
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0) throw new Error(`${name} has no licence text: it cannot be part of the package`);
  return `\n${'='.repeat(78)}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}
