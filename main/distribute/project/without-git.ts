import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignoreRules, { type Ignore } from 'ignore';

/** Rules of one .gitignore, for what lies below its folder. */
interface Rules {
  readonly folder: string;
  readonly rules: Ignore;
}

/** The files of a folder that its .gitignore files do not ignore, on a main host without git. */
export function withoutGit(directory: string): readonly string[] {
  const visit = (folder: string, outer: readonly Rules[]): readonly string[] => {
    const rules = [...outer, ...rulesIn(directory, folder)];
    return readdirSync(join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
      if (entry.name === '.git') return [];
      const path = join(folder, entry.name);
      if (isIgnored(entry.isDirectory() ? `${path}/` : path, rules)) return [];
      return entry.isDirectory() ? visit(path, rules) : [path];
    });
  };
  return visit('', []);
}

function rulesIn(directory: string, folder: string): readonly Rules[] {
  try {
    return [
      { folder, rules: ignoreRules().add(readFileSync(join(directory, folder, '.gitignore'), 'utf8')) },
    ];
  } catch {
    return [];
  }
}

/** The innermost file that says anything of a path counts (gitignore(5)). */
function isIgnored(path: string, all: readonly Rules[]): boolean {
  for (const { folder, rules } of all.toReversed()) {
    const { ignored, unignored } = rules.test(folder === '' ? path : path.slice(folder.length + 1));
    if (ignored || unignored) return ignored;
  }
  return false;
}
