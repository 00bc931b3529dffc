import { posix } from 'node:path';
import { readJunit } from '../results/read-reports.ts';
import type { Kind } from './kind.ts';
import type { ProjectLook } from './project-look.ts';

/** Where it leaves its report only a config can say: a tool's, which counts less than the project's own. */
const withConfig = `printf '[profile.default.junit]\\npath = "%s"\\n' "$0" >"$0.toml"
"$@"
code=$?
rm -f -- "$0.toml"
exit "$code"`;

/**
 * The source files of which cargo makes a test binary each, as it finds them by itself
 * (https://doc.rust-lang.org/cargo/guide/project-layout.html), and what nextest calls that binary
 * (https://nexte.st/docs/glossary/#binary-id).
 */
const targets: readonly (readonly [place: RegExp, id: (crate: string, name: string) => string])[] = [
  [/^src\/lib\.rs$/, (crate) => crate],
  [/^src\/main\.rs$/, (crate) => `${crate}::bin/${crate}`],
  [/^src\/bin\/([^/]+)(?:\.rs|\/main\.rs)$/, (crate, name) => `${crate}::bin/${name}`],
  [/^tests\/([^/]+)(?:\.rs|\/main\.rs)$/, (crate, name) => `${crate}::${name}`],
];

/** Rust's, with a process for each test: what is handed out are the files that are test binaries. */
export const cargoNextest: Kind = {
  name: 'cargo nextest',
  recognise: ({ files }) =>
    files.includes('Cargo.toml') &&
    ['.config/nextest.toml', 'nextest.toml'].some((name) => files.includes(name)),
  files: [
    '**/src/{lib,main}.rs',
    '**/src/bin/*.rs',
    '**/src/bin/*/main.rs',
    '**/tests/*.rs',
    '**/tests/*/main.rs',
  ],
  command: () => ['cargo', 'nextest', 'run', '{files}'],
  runs: /(^|[\s/])cargo\s+nextest\s+run(\s|$)/,
  words: (files, project) => {
    const ids = files.map((file) => binaryId(file, project) ?? file);
    return ['-E', ids.map((id) => `binary_id(=${id})`).join(' | ')];
  },
  reporting: (report) => ({ words: ['--tool-config-file', `shakedown:${report}.toml`], around: withConfig }),
  read: async (text, project) => {
    const files = new Map(
      project.files.flatMap((file) => {
        const id = binaryId(file, project);
        return id === undefined ? [] : [[id, file] as const];
      }),
    );
    return (await readJunit(text)).map((test) => {
      const file = files.get(test.classname);
      return { ...test, classname: '', places: file === undefined ? [] : [file] };
    });
  },
  // "No tests to run."
  emptyCodes: [4],
};

/** Undefined for a file of which no test binary is made. */
function binaryId(file: string, project: ProjectLook): string | undefined {
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const crate = project.files.includes(posix.join(folder, 'Cargo.toml'))
      ? crateIn(project.read(posix.join(folder, 'Cargo.toml')))
      : undefined;
    if (crate !== undefined) return idIn(crate, posix.relative(folder, file));
    if (folder === '.') return undefined;
  }
}

function idIn(crate: string, path: string): string | undefined {
  for (const [place, id] of targets) {
    const found = place.exec(path);
    if (found) return id(crate, found[1] ?? '');
  }
  return undefined;
}

/** The name of a manifest's package; none where it is a workspace's alone. */
const crateIn = (manifest: string): string | undefined =>
  /^\[package\]$(?:(?!^\[)[\s\S])*?^\s*name\s*=\s*"([^"]+)"/m.exec(manifest)?.[1];
