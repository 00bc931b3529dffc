import type { SplitByTests } from './split-by-tests.ts';

/**
 * pytest's node ids, which `--deselect` leaves out. They are relative to pytest's root, which is some folder
 * around the file: each of these is tried, for what is not there is no mistake.
 */
export const splitPytest: SplitByTests = {
  idOf: (file, test) => {
    // The number of a twin is ours.
    if (/ \(\d+\)$/.test(test)) return undefined;
    const parameters = test.indexOf('[');
    const end = parameters < 0 ? test.length : parameters;
    return `${file}::${test.slice(0, end).replaceAll('.', '::')}${test.slice(end)}`;
  },
  // It leaves out all whose ids begin with one of these.
  keys: (ids) => {
    const keys = new Map<string, string>();
    let first: string | undefined;
    for (const id of ids.toSorted()) {
      if (first === undefined || !id.startsWith(first)) first = id;
      keys.set(id, first);
    }
    return (id) => keys.get(id) ?? id;
  },
  leaveOut: (ids) => ({
    words: ids.flatMap((id) => withoutFolders(id).map((each) => `--deselect=${each}`)),
  }),
};

/** `a/b/test.py::t`, `b/test.py::t`, `test.py::t`. */
function withoutFolders(id: string): readonly string[] {
  const end = id.indexOf('::');
  const folders = id.slice(0, end).split('/');
  return folders.map((_, index) => `${folders.slice(index).join('/')}${id.slice(end)}`);
}
