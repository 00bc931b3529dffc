import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWhole, leftOut, thisMachine } from './left-out.mjs';
import { NpmProgress } from './npm-progress.mjs';
import { endOf, root, run, StepError, tell } from './steps.mjs';
import { whyLeftOut, whyNpmFailed } from './why-failed.mjs';

const cryptoMarker = join(root, 'node_modules', '.shakedown-crypto');

const nodePackage = `node-${process.platform}-${process.arch}`;
const node = join(root, 'node_modules/.bin/node');

export async function ensureNpmPackages() {
  await installPackages();
  // Where an earlier version had a package `node`, npm takes its link away and gives none to the platform's package.
  if (!existsSync(node) && existsSync(join(root, 'node_modules', nodePackage)))
    await npm(['rebuild', nodePackage, '--loglevel=error']);
}

async function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lock).digest('hex');
  const marker = join(root, 'node_modules', '.shakedown-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return;
  tell('installing the npm packages of package-lock.json (once)');
  const from = performance.now();
  const progress = new NpmProgress(tell);
  const telling = setInterval(() => progress.see(...installed()), 5000);
  // Not `npm ci`: it refuses the lock file where a registry lacks the packages of some other platform. The only scripts
  // are those that build ssh2's crypto for npm's own Node: it is built below, once.
  const words = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = await npm(words);
  clearInterval(telling);
  if (status !== 0) throw new StepError(`${whyNpmFailed(output, root)}\n${endOf(output, 'npm')}`);
  const missing = leftOut(JSON.parse(lock), root, thisMachine());
  if (missing.length > 0 || !isWhole(root)) throw new StepError(whyLeftOut(missing, root));
  rmSync(cryptoMarker, { force: true });
  writeFileSync(marker, digest);
  tell(`the npm packages are there (${seconds(from)})`);
}

/** How many of its packages npm has unpacked so far, and of how many: it makes all their folders first. */
function installed() {
  const names = (folder) => (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name[0] !== '.');
  const home = join(root, 'node_modules');
  const folders = names(home).flatMap((name) =>
    name.startsWith('@') ? names(join(home, name)).map((inner) => join(name, inner)) : [name],
  );
  const there = folders.filter((name) => existsSync(join(home, name, 'package.json')));
  return [there.length, folders.length];
}

/**
 * Builds ssh2's optional native crypto for our Node: built for another one it is not loaded, and ssh2 falls back to
 * slower JavaScript without a word. The headers for ours lie in its platform package.
 */
export async function ensureNativeCrypto() {
  if (existsSync(cryptoMarker)) return;
  writeFileSync(cryptoMarker, '');
  const home = join(root, 'node_modules', nodePackage);
  // Where npm has no Node of ours for this platform, it is the one that runs this.
  const ours = existsSync(node) ? node : process.execPath;
  if ((await loadsNativeCrypto(ours)) || !(await hasCompiler())) return;
  tell('building the native crypto of ssh2 (once)');
  const headers = existsSync(join(home, 'include')) ? [`--nodedir=${home}`] : [];
  await npm(['rebuild', 'ssh2', 'cpu-features', ...headers, '--loglevel=error']);
  if (!(await loadsNativeCrypto(ours))) tell('that did not work: ssh2 will use its slower JavaScript crypto');
}

async function loadsNativeCrypto(node) {
  const script = `await import('./main/remotes/ssh2.ts');
const { default: crypto } = await import('ssh2/lib/protocol/crypto.js');
process.exit(crypto.bindingAvailable ? 0 : 1);`;
  return (await run(node, ['--input-type=module', '-e', script])).status === 0;
}

async function hasCompiler() {
  const found = await Promise.all(['python3', 'make', 'g++'].map((tool) => run('which', [tool])));
  return found.every(({ status }) => status === 0);
}

function npm(args) {
  const cli = process.env.npm_execpath;
  return cli ? run(process.execPath, [cli, ...args]) : run('npm', args);
}

const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(0)} s`;
