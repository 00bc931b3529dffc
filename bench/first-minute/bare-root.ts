import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { hostMirror } from '../../main/providers/debian/apt-mirror.ts';

const project = join(import.meta.dirname, '../..');
/** Where the project lies in such a root. */
export const home = '/root/shakedown';

/**
 * Makes a Debian 12 in the folder `root` that has Node and npm as this main host has them, and nothing else.
 */
export async function makeBareRoot(root: string): Promise<void> {
  const { main } = await hostMirror();
  const words = ['--mode=root', '--variant=minbase', '--include=ca-certificates', 'bookworm', root, main];
  run('mmdebstrap', ['--quiet', '--aptopt=APT::Install-Recommends "false"', ...words]);
  const node = installed('node');
  copyFileSync(node, join(root, 'usr/bin/node'));
  const npm = dirname(dirname(installed('npm')));
  cpSync(npm, join(root, 'usr/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/bin', name));
  bringSettings(root);
}

/** How this main host gets to its registry: certificates that it trusts, npm's settings. */
function bringSettings(root: string): void {
  const asked = run(installed('npm'), ['config', 'get', 'globalconfig']).trim();
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  for (const [from, to] of [
    [certificates, certificates],
    [asked, '/usr/etc/npmrc'],
    [join(process.env.HOME ?? '/root', '.npmrc'), '/root/.npmrc'],
  ] as const) {
    if (!existsSync(from)) continue;
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  }
}

/** A machine as new: a copy of the bare root, with the project's files as they are here. */
export function newMachine(bare: string, root: string): void {
  run('cp', ['-a', bare, root]);
  mkdirSync(join(root, home));
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const files = run('git', ['-C', project, ...list])
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(project, file)));
  for (const file of files) cpSync(join(project, file), join(root, home, file));
}

export const discard = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** A program of this main host's own, and none that a project brings. */
function installed(name: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules'));
  const file = folders.map((path) => join(path, name)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`there is no '${name}' on this main host`);
  return realpathSync(file);
}

function run(program: string, words: readonly string[]): string {
  return execFileSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
