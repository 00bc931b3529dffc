import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MadeOnce } from '../store/made-once.ts';
import { agentLoader } from './agent-loader.ts';

/** A file of the agent's. */
export interface AgentFile {
  /** Absolute, on the main host. */
  readonly file: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The agent as two files, which must lie side by side, with one name and their own suffixes. */
export interface AgentBundle {
  /** The beginning of the pack's `sha256`, for names. */
  readonly digest: string;
  /** `.cjs`, which Node runs: it loads the pack. */
  readonly loader: AgentFile;
  /** `.pack`: the program, and what Node has compiled of it. */
  readonly pack: AgentFile;
}

const here = dirname(fileURLToPath(import.meta.url));
/** The project's folder; below `dist` when this is the npm package. */
const root = join(here, '..', '..');

/**
 * The bundled agent, compiled by this Node beforehand (see precompile.cjs) and kept in `<cacheDir>/agent`. It
 * is made of the bundle that lies in the npm package, or in the source tree of one that is made when its
 * sources have changed. All nodes of a process get the same one: it is looked for once, which costs some ms
 * when it is there.
 */
export const agentBundle = (cacheDir: string): Promise<AgentBundle> =>
  bundles.get(cacheDir, () => findBundle(cacheDir));

const bundles = new MadeOnce<AgentBundle>(({ loader, pack }) => [loader.file, pack.file]);

async function findBundle(cacheDir: string): Promise<AgentBundle> {
  const folder = join(cacheDir, 'agent');
  const ready = join(root, 'agent.cjs');
  if (existsSync(ready)) return precompiled(ready, digestOf([await readFile(ready)]), folder);
  const digest = digestOfSources();
  const file = join(folder, `${digest}.cjs`);
  if (!isWritten(file)) await makeFile(file, bundleAgent);
  return precompiled(file, digest, folder);
}

/** One that was being written when the power went may have nothing in it. */
const isWritten = (file: string): boolean => Boolean(statSync(file, { throwIfNoEntry: false })?.size);

/** The bundle as this Node has compiled it. */
async function precompiled(plain: string, sources: string, folder: string): Promise<AgentBundle> {
  const script = join(here, 'precompile.cjs');
  const of = [sources, process.version, process.arch, agentLoader].map((text) => Buffer.from(text));
  const name = join(folder, digestOf([...of, await readFile(script)]));
  const [loader, pack] = [`${name}.cjs`, `${name}.pack`];
  // Options of our own start would make it one that no node's Node takes.
  const env = { NODE_OPTIONS: undefined };
  // With the same seed all main hosts make the same bytes, and nodes keep one file of them.
  const compile = async (target: string) => {
    const { execa } = await import('execa');
    return execa(process.execPath, ['--random-seed=1', script, plain, target], { env });
  };
  if (!isWritten(pack)) await makeFile(pack, compile);
  if (!isWritten(loader)) await makeFile(loader, (target) => writeFile(target, `${agentLoader}\n`));
  const files = { loader: await agentFile(loader), pack: await agentFile(pack) };
  return { ...files, digest: files.pack.sha256.slice(0, 16) };
}

async function agentFile(file: string): Promise<AgentFile> {
  const bytes = await readFile(file);
  return { file, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

/** Has `make` write a file, which comes into being whole or not at all. */
async function makeFile(file: string, make: (target: string) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // Another run may be making it as well.
  const temporary = `${file}.${process.pid}.new`;
  await make(temporary);
  await rename(temporary, file);
}

/**
 * Bundles `node-agent/main.ts` and all that it imports into one CommonJS module, and gives the files of all
 * modules that are in it. Needs the development dependencies.
 */
export async function bundleAgent(outfile: string): Promise<readonly string[]> {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: join(sourceRoot(), 'node-agent', 'main.ts'), platform: 'node' });
  try {
    // Small, because it is parsed at each start; names stay for the sake of stack traces.
    const minify = { compress: true, mangle: false, codegen: true };
    const { output } = await bundle.write({ file: outfile, format: 'cjs', minify });
    return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  } finally {
    await bundle.close();
  }
}

/** The folder that has the sources, also when this is run from `dist`. */
const sourceRoot = (): string => (existsSync(join(root, 'node-agent', 'main.ts')) ? root : join(root, '..'));

/** One after the other is soonest: each is read by the kernel's cache, and not by the disk. */
function digestOfSources(): string {
  const folders = ['node-agent', 'common'].map((name) => join(sourceRoot(), name));
  const names = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const sources = names.filter((name) => name.endsWith('.ts')).sort();
  const lock = join(sourceRoot(), 'package-lock.json');
  return digestOf([...sources, ...(existsSync(lock) ? [lock] : [])].map((file) => readFileSync(file)));
}

function digestOf(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest('hex').slice(0, 16);
}
