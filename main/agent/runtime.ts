import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { fileDigest } from '../../common/files/file-digest.ts';
import { MadeOnce } from '../store/made-once.ts';

/** Processor architectures that Node is built for and that the agent is made for. */
export type Architecture = 'x64' | 'arm64';

/** The Node that runs the agent: one file, for one architecture. */
export interface NodeRuntime {
  /** Absolute, on the main host: `<cacheDir>/runtime/node-<digest>/node`. */
  readonly file: string;
  /** The folder that has nothing but it. */
  readonly directory: string;
  /** The beginning of `sha256`, for names. */
  readonly digest: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The versions that are fetched where no npm package with one is installed: those of package.json. */
export const versions: Readonly<Record<Architecture, string>> = { x64: '24.18.1', arm64: '24.20.0' };

/** `uname -m` as Node names it. Throws ShakedownError for others. */
export function architectureOf(machine: string): Architecture {
  if (machine === 'x86_64' || machine === 'amd64') return 'x64';
  if (machine === 'aarch64' || machine === 'arm64') return 'arm64';
  throw new ShakedownError({
    message: `the node has a '${machine}' processor, for which there is no agent`,
    hint: 'use nodes with x86-64 or arm64 processors',
  });
}

/**
 * The runtime for an architecture. It comes from SHAKEDOWN_NODE_RUNTIME (a file, whatever the architecture),
 * the installed npm package `node` or `node-linux-<arch>`, or else once from the npm registry. It is kept in
 * `cacheDir` without its debug symbols, where `strip` is there and knows the architecture. Takes a second or
 * two the first time and some ms after that. Throws ShakedownError when there is none.
 */
export const nodeRuntime = (
  architecture: Architecture,
  cacheDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<NodeRuntime> =>
  runtimes.get(`${architecture} ${cacheDir} ${env.SHAKEDOWN_NODE_RUNTIME}`, () =>
    prepare(architecture, cacheDir, env),
  );

const runtimes = new MadeOnce<NodeRuntime>(({ file }) => [file]);

async function prepare(
  architecture: Architecture,
  cacheDir: string,
  env: NodeJS.ProcessEnv,
): Promise<NodeRuntime> {
  const source = await findRuntime(architecture, cacheDir, env);
  const { size, mtimeMs } = await stat(source);
  const key = createHash('sha256').update(`${source}\0${size}\0${mtimeMs}`).digest('hex').slice(0, 16);
  const index = join(cacheDir, 'runtime', `${key}.json`);
  const known = await readFile(index, 'utf8').then(JSON.parse, () => undefined);
  const runtime = known?.sha256 && runtimeOf(cacheDir, known.sha256, known.size);
  if (runtime && (await isWhole(runtime))) return runtime;
  const made = await strippedCopy(source, cacheDir);
  await writeFile(index, JSON.stringify({ sha256: made.sha256, size: made.size, source }));
  return made;
}

function runtimeOf(cacheDir: string, sha256: string, size: number): NodeRuntime {
  const digest = sha256.slice(0, 16);
  const directory = join(cacheDir, 'runtime', `node-${digest}`);
  return { directory, file: join(directory, 'node'), digest, sha256, size };
}

/** One that was being written when the power went may have less in it. */
const isWhole = ({ file, size }: NodeRuntime): Promise<boolean> =>
  stat(file).then(
    (stats) => stats.size === size,
    () => false,
  );

async function strippedCopy(source: string, cacheDir: string): Promise<NodeRuntime> {
  const parent = join(cacheDir, 'runtime');
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, 'new-'));
  try {
    const file = join(temporary, 'node');
    const { execa } = await import('execa');
    const { failed } = await execa('strip', ['-o', file, source], { reject: false, stdio: 'ignore' });
    if (failed) await copyFile(source, file, constants.COPYFILE_FICLONE);
    await chmod(file, 0o755);
    await chmod(temporary, 0o755);
    const runtime = runtimeOf(cacheDir, await fileDigest(file), (await stat(file)).size);
    // Another run may have been quicker, with the same bytes.
    if (!(await isWhole(runtime))) {
      await rm(runtime.directory, { recursive: true, force: true });
      await rename(temporary, runtime.directory).catch(() => {});
    }
    return runtime;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function findRuntime(
  architecture: Architecture,
  cacheDir: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const own = env.SHAKEDOWN_NODE_RUNTIME;
  if (own) {
    if (existsSync(own)) return own;
    throw new ShakedownError({
      message: `SHAKEDOWN_NODE_RUNTIME names ${own}, which does not exist`,
      hint: 'set it to a Node 24 binary for Linux, or unset it',
    });
  }
  return installedRuntime(architecture) ?? (await fetchRuntime(architecture, cacheDir));
}

function installedRuntime(architecture: Architecture): string | undefined {
  const require = createRequire(import.meta.url);
  const find = (name: string): string | undefined => {
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  };
  const platform = `node-linux-${architecture}`;
  const packages = [find(platform), join(find('node') ?? '', 'node_modules', platform)];
  // Only a package for this very machine puts its binary into `node` itself.
  if (process.platform === 'linux' && process.arch === architecture) packages.push(find('node'));
  return packages
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'bin', 'node'))
    .find((file) => file.startsWith('/') && existsSync(file));
}

async function fetchRuntime(architecture: Architecture, cacheDir: string): Promise<string> {
  const version = versions[architecture];
  const name = `node-linux-${architecture}@${version}`;
  const target = join(cacheDir, 'runtime', `node-linux-${architecture}-${version}`);
  const file = join(target, 'bin', 'node');
  if (existsSync(file)) return file;
  await mkdir(dirname(target), { recursive: true });
  const temporary = await mkdtemp(join(dirname(target), 'new-'));
  try {
    const { execa } = await import('execa');
    const packed = await execa('npm', ['pack', '--silent', name], { cwd: temporary, reject: false });
    if (packed.failed) throw notFetched(name, `${packed.stderr}\n${packed.stdout}`);
    const archive = join(temporary, packed.stdout.trim().split('\n').at(-1) ?? '');
    const { extract } = await import('tar');
    await extract({ file: archive, cwd: temporary });
    await rename(join(temporary, 'package'), target).catch((error: unknown) => {
      if (!existsSync(file)) throw error;
    });
    return file;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const notFetched = (name: string, output: string): ShakedownError =>
  new ShakedownError({
    message: `the agent's runtime, the npm package ${name}, could not be fetched`,
    command: `npm pack ${name}`,
    lastLines: output.split('\n').filter(Boolean).slice(-5),
    hint: 'check the network and the npm registry, or set SHAKEDOWN_NODE_RUNTIME to a Node 24 binary for the nodes',
  });
