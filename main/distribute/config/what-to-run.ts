import { statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { kindsOf } from '../kinds/kinds.ts';
import { lookOf } from '../kinds/project-look.ts';
import { globMatcher } from '../project/glob-matcher.ts';
import type { CommandWords } from '../suite/command-words.ts';
import { kindOf } from '../suite/test-command.ts';

/** What the user wrote, if anything. */
interface Written {
  readonly command: CommandWords | undefined;
  /** Globs, files and folders. */
  readonly globs: readonly string[];
}

/** The command and the test files of a project: as written, else by its kind. Throws UsageError. */
export function whatToRun(
  { command = '', globs }: Written,
  directory: string,
  all: readonly string[],
): { readonly command: CommandWords; readonly files: readonly string[] } {
  if (command.length > 0 && globs.length > 0) {
    return { command, files: unitsOf(command, testFiles(directory, all, globs)) };
  }
  const project = lookOf(directory, all);
  const [kind, ...others] = kindsOf(project);
  if (!kind || others.length > 0) {
    const names = [kind, ...others].flatMap((each) => each?.name ?? []).join(', ');
    const why = names === '' ? '' : ` The project's tests are of several kinds: ${names}.`;
    throw new UsageError(
      `${command.length > 0 ? 'Which test files?' : 'Which command runs the test files?'}${why}`,
      { hint: "shakedown distribute 'tests/**/*_test.py' -- pytest {files}" },
    );
  }
  const files = globs.length > 0 ? testFiles(directory, all, globs) : all.filter(ofAny(kind.files));
  if (files.length === 0) {
    throw new UsageError(`This is a ${kind.name} project without any test file: ${kind.files.join(' ')}`);
  }
  const words = command.length > 0 ? command : kind.command(project);
  return { command: words, files: unitsOf(words, files) };
}

/** What of these files is handed out: for some kinds that is not each file by itself. Throws UsageError. */
function unitsOf(command: CommandWords, files: readonly string[]): readonly string[] {
  const kind = kindOf(command);
  const units = kind?.units?.(files) ?? files;
  if (units.length > 0) return units;
  throw new UsageError(`None of these files is a test of ${kind?.name}: ${kind?.files.join(' ')}`);
}

/** The project's files that the globs name; a folder stands for all that is in it. */
function testFiles(directory: string, all: readonly string[], globs: readonly string[]): readonly string[] {
  const found = globs.flatMap((written) => {
    // Go's `./...` is a folder with all below it.
    const glob =
      written
        .replace(/^\.\//, '')
        .replace(/(\/|^)\.\.\.$/, '')
        .replace(/\/+$/, '') || '.';
    const stats = statSync(join(directory, glob), { throwIfNoEntry: false });
    const matches = stats?.isDirectory() ? (path: string) => path.startsWith(`${glob}/`) : globMatcher(glob);
    const isIn = (path: string) => glob === '.' || path === glob || matches(path);
    const some = all.filter(isIn);
    if (some.length > 0) return some;
    throw new UsageError(`No file of the project matches '${written}'.`, {
      hint: stats
        ? 'git ignores it, so it is not sent: --include names what is needed all the same'
        : 'look at the pattern: it is relative to the project',
    });
  });
  return [...new Set(found)];
}

function ofAny(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map(globMatcher);
  return (path) => matchers.some((matches) => matches(path));
}
