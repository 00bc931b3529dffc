import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { buildTreeScript, proxyValues } from '../../../../main/providers/debian/build-tree-script.ts';
import { shellFile } from '../../../../main/providers/host/shell-file.ts';

const shell = join(import.meta.dirname, '../../../../main/providers/debian');
const build = {
  trees: '/cache/it’s $HOME',
  tree: '/cache/it’s $HOME/bookworm-0',
  release: { distribution: 'debian' as const, suite: 'bookworm' },
  keyring: '/a key ring.gpg',
  cache: 'http://127.0.0.1:8000',
  sources: 'deb http://deb.debian.org/debian bookworm main\n',
  packages: ['hello'],
  rebuild: false,
  env: { http_proxy: "http://user:pa'ss@proxy:3128" },
};

test('the script is one that bash can read', () =>
  expect(execaSync('bash', ['-n'], { input: buildTreeScript(build), reject: false }).stderr).toBe(''));

test.each([
  [build.env, [`http_proxy=${build.env.http_proxy}`]],
  [{ https_proxy: 'http://p', no_proxy: 'a,b' }, ['https_proxy=http://p', 'no_proxy=a,b']],
  [{ http_proxy: '' }, []],
])('a proxy in the environment %j is passed on, since sudo keeps it back', (env, exported) => {
  const program = `apt-config() { :; }\n${shellFile(shell, 'proxies.sh', proxyValues(env))}\nenv | grep _proxy= | sort`;
  const { stdout } = execaSync('bash', ['-euc', program], {
    env: { PATH: process.env.PATH },
    extendEnv: false,
  });
  expect(stdout.split('\n').filter(Boolean)).toEqual(exported);
});

/** Has what is written to the overlay's folder `$6` land in its upper one, as the kernel would. */
const overlay = `rmdir "$6"; ln -s "$(sed 's/.*upperdir=//; s/,.*//' <<<"$5")" "$6"`;

/**
 * Builds a tree with a mmdebstrap that only notes what it was told, and makes a root with an `os-release`.
 * `mount` is what stands for that program.
 */
function built(more: Partial<Parameters<typeof buildTreeScript>[0]> = {}, mount = overlay) {
  const folder = mkdtempSync(join(tmpdir(), 'trees-'));
  const [bin, trees] = [join(folder, 'bin'), join(folder, 'the trees')];
  mkdirSync(bin);
  const told = join(folder, 'told');
  const programs = {
    mmdebstrap: `printf '%s\\n' "$@" > '${told}'; cat > '${told}.sources'; shift $(($# - 2))
mkdir -p "$1/etc/apt/apt.conf.d" "$1/etc/dpkg/dpkg.cfg.d"; echo ID=debian > "$1/etc/os-release"`,
    unshare: 'while [[ $1 == --* ]]; do shift; done; exec "$@"',
    mount: `printf '%s\\n' "$@" > '${told}.mounted'; ${mount}`,
    chroot: ':',
    'apt-config': ':',
  };
  for (const [name, program] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${program}\n`, { mode: 0o755 });
  }
  const run = (rebuild = false) => {
    const script = buildTreeScript({
      ...build,
      env: {},
      ...more,
      trees,
      tree: join(trees, 'bookworm-0'),
      rebuild,
    });
    const env = { PATH: `${bin}:${process.env.PATH}` };
    execaSync('bash', ['-euc', `shopt -s nullglob\n${script}`], { env });
  };
  run();
  const read = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
  const [sources, mounted] = [read(`${told}.sources`), read(`${told}.mounted`)];
  return { trees, run, words: read(told), sources, mounted, builds: () => buildsIn(trees) };
}
const buildsIn = (trees: string) => readdirSync(trees).filter((name) => /^bookworm-0\.\d/.test(name));

test('mmdebstrap is told the suite, the packages, the keys and our cache; the sources come on its stdin', () => {
  const { words, sources } = built();
  expect(words).toContain('--keyring=/a key ring.gpg');
  expect(words).toContain('--aptopt=Acquire::http::Proxy "http://127.0.0.1:8000"');
  expect(words.find((word) => word.startsWith('--include='))).toMatch(
    /^--include=apt,systemd,.*,xz-utils,hello$/,
  );
  const root = expect.stringMatching(/\/the trees\/bookworm-0\.part-\d+\.tmp\/root$/);
  expect(words.slice(-3)).toEqual(['bookworm', root, '-']);
  expect(sources).toEqual(['deb http://deb.debian.org/debian bookworm main']);
});

test('it is built on an overlay that leaves out writing through', () => {
  const { mounted, trees, builds } = built();
  expect(mounted.slice(0, 3)).toEqual(['-t', 'overlay', 'overlay']);
  expect(mounted[4]).toMatch(/,upperdir=.*\/the trees\/bookworm-0\.part-\d+,.*,volatile$/);
  expect(readFileSync(join(trees, builds()[0] ?? '', 'etc/os-release'), 'utf8')).toBe('ID=debian\n');
});

test('where there can be no such overlay it is built in its folder', () => {
  const { words, trees, builds } = built({}, 'exit 32');
  expect(words.at(-2)).toMatch(/\/the trees\/bookworm-0\.part-\d+$/);
  expect(readFileSync(join(trees, builds()[0] ?? '', 'etc/os-release'), 'utf8')).toBe('ID=debian\n');
});

test('where the environment has a proxy ours stays out of the way', () => {
  const { words } = built({ env: build.env });
  expect(words.join('\n')).not.toContain('Acquire::http::Proxy');
});

test('a tree appears whole, says what it is, and is built once; another build takes its place', () => {
  const { trees, run, builds } = built();
  const link = () => readlinkSync(join(trees, 'bookworm-0'));
  const first = link();
  expect(builds()).toEqual([first]);
  expect(readFileSync(join(trees, 'bookworm-0.about'), 'utf8')).toBe('debian bookworm, with hello\n');
  run();
  expect(link()).toBe(first);
  run(true);
  expect(link()).not.toBe(first);
  expect(builds()).toEqual([link()]);
});

test('a build that nodes lie over stays', () => {
  const home = mkdtempSync(join(tmpdir(), 'state-'));
  mkdirSync(join(home, 'nspawn/a1b2c3'), { recursive: true });
  symlinkSync('/trees/bookworm-0.1.2', join(home, 'nspawn/a1b2c3/tree1'));
  const functions = shellFile(shell, 'used-trees.sh', { state_home: home });
  const used = (path: string) =>
    execaSync('bash', ['-euc', `${functions}\nis_used '${path}'`], { reject: false }).exitCode === 0;
  expect(used('/trees/bookworm-0.1.2')).toBe(true);
  expect(['/trees/bookworm-0.1', '/trees/bookworm-0.1.*', ''].map(used)).toEqual([false, false, false]);
});
