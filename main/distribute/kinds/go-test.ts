import { posix } from 'node:path';
import { readGoTest } from '../results/read-go-test.ts';
import type { Kind } from './kind.ts';
import type { ProjectLook } from './project-look.ts';
import { splitGoTest } from './split-go-test.ts';

/**
 * Keeps what `go test -json` prints (https://pkg.go.dev/cmd/test2json), and prints what its tests say, as
 * `go test -v` would. Where not all of it can be kept, nothing is.
 */
const keepJson = `tab=$(printf '\\t')
{ "$@"; echo $? >"$0.code"; } | { tee -- "$0" || rm -f -- "$0"; } | sed -e '/^{/{
  /"Action":"\\(build-\\)\\{0,1\\}output"/!d
  s/^.*"Output":"\\(.*\\)"}$/\\1/
  s/\\\\n$//
  s/\\\\t/'"$tab"'/g
  s/\\\\"/"/g
  s/\\\\u003c/</g
  s/\\\\u003e/>/g
  s/\\\\u0026/\\&/g
  s/\\\\\\\\/\\\\/g
}'
read -r code <"$0.code"
rm -f -- "$0.code"
exit "$code"`;

/** Go's own: what is handed out is a package, by its folder. */
export const goTest: Kind = {
  name: 'go test',
  recognise: ({ files }) => files.includes('go.mod') && files.some((path) => path.endsWith('_test.go')),
  files: ['**/*_test.go'],
  command: () => ['go', 'test', '{files}'],
  runs: /(^|[\s/])go\s+test(\s|$)/,
  units: (files) => [
    ...new Set(files.filter((path) => path.endsWith('_test.go')).map((path) => posix.dirname(path))),
  ],
  words: (folders) => folders.map((folder) => (folder === '.' ? '.' : `./${folder}`)),
  reporting: () => ({ words: ['-json'], around: keepJson }),
  read: (text, project) => readGoTest(text, modulesOf(project)),
  splitting: splitGoTest,
};

/** The folders of the project's modules, by the path that their packages begin with. */
const modulesOf = ({ files, read }: ProjectLook): ReadonlyMap<string, string> =>
  new Map(
    files
      .filter((path) => posix.basename(path) === 'go.mod')
      .map((path) => [/^module\s+"?([^\s"]+)/m.exec(read(path))?.[1] ?? '', posix.dirname(path)]),
  );
