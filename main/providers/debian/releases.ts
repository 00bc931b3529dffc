import { readFileSync } from 'node:fs';
import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';

/** An operating system that base trees can be built of. */
export interface Release {
  readonly distribution: 'debian' | 'ubuntu';
  /** The name of its suite on a mirror, below `dists/`: `bookworm`, `noble`. */
  readonly suite: string;
  /** Absent for Debian's sid and for suites that are named by their state (`stable`). */
  readonly version?: string;
}

const debian = { bullseye: '11', bookworm: '12', trixie: '13', forky: '14', duke: '15' };
const ubuntu = {
  focal: '20.04',
  jammy: '22.04',
  noble: '24.04',
  plucky: '25.04',
  questing: '25.10',
  resolute: '26.04',
};
/** Suites of Debian's that are named by their state; `unstable` is sid. */
const states = ['stable', 'oldstable', 'oldoldstable', 'testing', 'sid'];

/**
 * Where Debian's package distro-info-data has all releases, those that came after this was written included.
 */
const distroInfo = '/usr/share/distro-info';

/**
 * The release that a name means: a code name (`bookworm`, `noble`), a distribution and its version
 * (`debian-12`, `ubuntu-24.04`), or a state of Debian's (`stable`, `testing`, `sid`). `info` is the folder
 * with distro-info's files. Throws UsageError with what was likely meant for any other name.
 */
export function releaseNamed(name: string, info = distroInfo): Release {
  const all = new Map(releases(info).flatMap((release) => namesOf(release).map((each) => [each, release])));
  const release = all.get(name);
  if (release) return release;
  const near = closest(name, all.keys());
  throw new UsageError(`There is no operating system '${name}'${near ? `; did you mean '${near}'?` : '.'}`, {
    hint: `one of ${Object.keys(debian).slice(0, 3).join(', ')}, sid, ${Object.keys(ubuntu).slice(1, 3).join(', ')}, debian-13, ubuntu-24.04`,
  });
}

function namesOf({ distribution, suite, version }: Release): string[] {
  return [
    suite,
    `${distribution}-${suite}`,
    ...(version === undefined ? [] : [`${distribution}-${version}`]),
    ...(suite === 'sid' ? ['unstable', 'debian-unstable'] : []),
  ];
}

/** Those that are known here; what is written here wins over what distro-info says. */
function releases(info: string): Release[] {
  const of = (distribution: Release['distribution'], known: Readonly<Record<string, string>>) =>
    Object.entries({ ...told(`${info}/${distribution}.csv`), ...known }).map(([suite, version]) => ({
      distribution,
      suite,
      version,
    }));
  const byState = states.map((suite) => ({ distribution: 'debian' as const, suite }));
  return [...of('debian', debian), ...of('ubuntu', ubuntu), ...byState];
}

/**
 * Code names and versions as distro-info-data has them:
 * `version,codename,series,created,…`, `24.04 LTS,…,noble,…`.
 */
function told(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const rows = text.split('\n').map((line) => line.split(','));
  return Object.fromEntries(
    rows.flatMap(([version = '', , series = '']) => {
      const [, number] = /^([\d.]+)( LTS)?$/.exec(version) ?? [];
      return number === undefined || series === '' ? [] : [[series, number]];
    }),
  );
}
