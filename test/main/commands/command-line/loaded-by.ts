import { execa } from 'execa';

/** Tells on stderr, at the end, the URLs of all modules that a process has loaded. */
const teller = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  process.on('exit', () => process.stderr.write(JSON.stringify(urls)));
`)}`;

export interface Loaded {
  /** npm packages, each once, `shakedown` aside. */
  readonly packages: readonly string[];
  /** Files of ours. */
  readonly ours: readonly string[];
  /** How many files of zod's languages. */
  readonly languages: number;
}

/** What a command line of `program`, the file that npm links as `shakedown`, loads in `cwd`. */
export async function loadedBy(program: string, args: readonly string[], cwd: string): Promise<Loaded> {
  const { stderr } = await execa(process.execPath, ['--import', teller, program, ...args], { cwd });
  const urls = JSON.parse(stderr) as string[];
  const packageOf = (url: string) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  const packages = new Set(urls.flatMap((url) => packageOf(url) ?? []));
  packages.delete('shakedown');
  const ours = urls.filter((url) => url.startsWith('file:') && !packages.has(packageOf(url) ?? ''));
  const languages = urls.filter((url) => url.includes('/zod/v4/locales/'));
  return { packages: [...packages].toSorted(), ours, languages: languages.length };
}
