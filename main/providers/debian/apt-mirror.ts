import { readdir, readFile } from 'node:fs/promises';

/** Where Debian's archive is had from. */
export interface AptMirror {
  readonly main: string;
  readonly security: string;
}

interface Source {
  readonly uri: string;
  readonly suite: string;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The mirror that this main host itself uses: of its sources (sources.list(5), both formats) the one that has a suite
 * and its updates, as only Debian's own archive does. On another system than Debian, and where none is found, it is
 * deb.debian.org.
 */
export async function hostMirror(root = '/'): Promise<AptMirror> {
  const release = await readFile(`${root}etc/os-release`, 'utf8').catch(() => '');
  if (!/^ID=debian$/m.test(release)) return mirrorAt('http://deb.debian.org/debian');
  const folder = `${root}etc/apt/sources.list.d`;
  const names = await readdir(folder).catch(() => []);
  const files = [`${root}etc/apt/sources.list`, ...names.map((name) => `${folder}/${name}`)];
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(file, 'utf8').catch(() => '') })),
  );
  const sources = texts.flatMap(({ file, text }) =>
    file.endsWith('.sources') ? deb822(text) : file.endsWith('.list') ? oneLine(text) : [],
  );
  const main = sources.find(
    ({ uri, suite }) =>
      /^https?:/.test(uri) &&
      sources.some((other) => other.uri === uri && other.suite === `${suite}-updates`),
  );
  if (!main) return mirrorAt('http://deb.debian.org/debian');
  const security = sources.find(
    ({ uri, suite }) => suite === `${main.suite}-security` && /^https?:/.test(uri),
  );
  return { main: main.uri, security: security?.uri ?? mirrorAt(main.uri).security };
}

/** A mirror of the archive; its security archive is beside it where its path ends as Debian's own does. */
export function mirrorAt(uri: string): AptMirror {
  const main = uri.replace(/\/+$/, '');
  const beside = main.endsWith('/debian');
  return { main, security: beside ? `${main}-security` : 'http://deb.debian.org/debian-security' };
}

/** One-line sources for a suite; Debian's rolling suites have neither updates nor security beside them. */
export function sourcesList(suite: string, { main, security }: AptMirror): string {
  const deb = `deb [signed-by=${keyring}]`;
  const rolling = ['sid', 'unstable', 'testing', 'experimental'].includes(suite);
  const beside = [`${deb} ${main} ${suite}-updates main`, `${deb} ${security} ${suite}-security main`];
  return [`${deb} ${main} ${suite} main`, ...(rolling ? [] : beside), ''].join('\n');
}

function oneLine(text: string): Source[] {
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
