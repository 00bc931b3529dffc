import { readdir, readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import type { Release } from './releases.ts';

/** Where a distribution's archive is had from. */
export interface AptMirror {
  readonly main: string;
  readonly security: string;
}

interface Source {
  readonly uri: string;
  readonly suite: string;
}

type Distribution = Release['distribution'];

const debianMirror = 'http://deb.debian.org/debian';

/**
 * Ubuntu keeps other architectures than these on a server of their own, which has their security updates too.
 */
function ubuntuMirror(): AptMirror {
  if (!['x64', 'ia32'].includes(arch())) return mirrorAt('http://ports.ubuntu.com/ubuntu-ports', 'ubuntu');
  return { main: 'http://archive.ubuntu.com/ubuntu', security: 'http://security.ubuntu.com/ubuntu' };
}

/**
 * The mirror of a distribution that this main host itself uses: of its sources (sources.list(5), both
 * formats) the one that has a suite and its updates, as only the distribution's own archive does. On another
 * system, and where none is found, it is the distribution's own.
 */
export async function hostMirror(root = '/', distribution: Distribution = 'debian'): Promise<AptMirror> {
  const official = distribution === 'ubuntu' ? ubuntuMirror() : mirrorAt(debianMirror);
  const release = await readFile(`${root}etc/os-release`, 'utf8').catch(() => '');
  if (!new RegExp(`^ID=${distribution}$`, 'm').test(release)) return official;
  const folder = `${root}etc/apt/sources.list.d`;
  const names = await readdir(folder).catch(() => []);
  const files = [`${root}etc/apt/sources.list`, ...names.map((name) => `${folder}/${name}`)];
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })),
  );
  const sources = texts.flatMap(({ file, text }) =>
    file.endsWith('.sources') ? deb822(text) : file.endsWith('.list') ? oneLineSources(text) : [],
  );
  const main = sources.find(
    ({ uri, suite }) =>
      /^https?:/.test(uri) &&
      sources.some((other) => other.uri === uri && other.suite === `${suite}-updates`),
  );
  if (!main) return official;
  const security = sources.find(
    ({ uri, suite }) => suite === `${main.suite}-security` && /^https?:/.test(uri),
  );
  return { main: main.uri, security: security?.uri ?? mirrorAt(main.uri, distribution).security };
}

/**
 * A mirror of the archive. Debian's security archive is beside it where its path ends as
 * Debian's own does; Ubuntu's is a part of it.
 */
export function mirrorAt(uri: string, distribution: Distribution = 'debian'): AptMirror {
  const main = uri.replace(/\/+$/, '');
  if (distribution === 'ubuntu') return { main, security: main };
  const beside = main.endsWith('/debian');
  return { main, security: beside ? `${main}-security` : 'http://deb.debian.org/debian-security' };
}

/** Debian's suites that have neither updates nor security beside them. */
const rolling = ['sid', 'unstable', 'experimental', 'testing'];

/**
 * How a line begins and ends. Ubuntu's has no `signed-by`: its trees hold its keys among those that apt
 * trusts anyway, and while a tree is built they lie elsewhere than in it.
 */
const lines = {
  debian: { deb: 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]', components: 'main' },
  ubuntu: { deb: 'deb', components: 'main universe' },
} as const;

/** One-line sources for a release, its updates and security updates where it has such. */
export function sourcesList({ distribution, suite }: Release, { main, security }: AptMirror): string {
  const { deb, components } = lines[distribution];
  const beside = [
    `${deb} ${main} ${suite}-updates ${components}`,
    `${deb} ${security} ${suite}-security ${components}`,
  ];
  return [`${deb} ${main} ${suite} ${components}`, ...(rolling.includes(suite) ? [] : beside), ''].join('\n');
}

/** The sources with component main in a text of the one-line format. */
export function oneLineSources(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const [, uri = '', suite = '', components = ''] =
      /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line) ?? [];
    return source(uri, suite, components);
  });
}

function deb822(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza.replace(/^#.*\n?/gm, ''))?.[1] ??
      '';
    const words = (name: string) => field(name).split(/\s+/).filter(Boolean);
    if (!words('Types').includes('deb') || /^no$/i.test(field('Enabled'))) return [];
    return words('URIs').flatMap((uri) =>
      words('Suites').flatMap((suite) => source(uri, suite, field('Components'))),
    );
  });
}

const source = (uri: string, suite: string, components: string): Source[] =>
  components.split(/\s+/).includes('main') ? [{ uri: uri.replace(/\/+$/, ''), suite }] : [];
