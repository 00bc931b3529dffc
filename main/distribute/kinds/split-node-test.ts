import { plainWords } from '../suite/command-words.ts';
import { escaped } from './split-by-name.ts';
import type { SplitByTests } from './split-by-tests.ts';

/** Between the names of groups and tests, as the results have them. */
const inside = ' > ';

/** A Node before 22 cannot leave out tests: there each part is all of the file. */
const whereItCan = `case "\${1##*/}" in
  node) node=$1 ;;
  *) node=node ;;
esac
if ! "$node" --help | grep -q -e --test-skip-pattern; then
  for word; do
    shift
    case "$word" in
      --test-skip-pattern=*) ;;
      *) set -- "$@" "$word" ;;
    esac
  done
fi
exec "$@"`;

/**
 * By patterns for a test's name, that of a group around it, or all of these joined by spaces
 * (https://nodejs.org/api/test.html#filtering-tests-by-name).
 */
export const splitNodeTest: SplitByTests = {
  idOf: (_, test) => test,
  keys: keysOf,
  leaveOut: (ids) => ({
    words: [`--test-skip-pattern=^(?:${ids.map((id) => escaped(spaced(id))).join('|')})$`],
    around: whereItCan,
  }),
  // A group, or a file, that is left without tests is told as one.
  tellsOf: (id, leftOut, file) => id === file || leftOut.some((other) => other.startsWith(`${id}${inside}`)),
  // In a line of the shell's its words cannot be told.
  refuses: (words) => plainWords(words) === undefined,
};

const spaced = (id: string): string => id.replaceAll(inside, ' ');

/** Tests of which one's pattern matches the other, too, or a group around it. */
function keysOf(ids: readonly string[]): (id: string) => string {
  const parents = new Map<string, string>();
  const root = (id: string): string => {
    const parent = parents.get(id);
    return parent === undefined || parent === id ? id : root(parent);
  };
  const bySpaced = Map.groupBy(ids, spaced);
  for (const id of ids) {
    for (const name of matched(id)) {
      for (const other of bySpaced.get(name) ?? []) parents.set(root(other), root(id));
    }
  }
  return root;
}

/** What a pattern may match of a test. */
function matched(id: string): readonly string[] {
  const names = id.split(inside);
  return [...names, ...names.map((_, index) => names.slice(0, index + 1).join(' '))];
}
