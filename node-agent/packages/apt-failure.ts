import { type FailureDetails, ShakedownError } from '../../common/errors.ts';
import { lastLinesOf } from '../output-buffer.ts';

/**
 * What went wrong in apt or dpkg, as far as its words tell. Messages are in English: apt runs with LC_ALL=C.
 */
export type AptFailureKind =
  | 'no-space'
  | 'locked'
  | 'interrupted'
  | 'virtual'
  | 'not-found'
  | 'no-version'
  | 'signature'
  | 'mirror'
  | 'held'
  | 'script'
  | 'dependencies'
  | 'other';

/** In the order in which they are looked for: the cause before what follows from it. */
const signs: readonly (readonly [AptFailureKind, RegExp])[] = [
  ['no-space', /No space left on device|You don't have enough free space|not enough (?:free )?space/i],
  ['interrupted', /dpkg was interrupted, you must manually run/],
  [
    'locked',
    /Could not get lock|Unable to lock |Unable to acquire the dpkg frontend lock|frontend lock was locked by another process|is locked by another process/,
  ],
  ['virtual', /is a virtual package provided by:/],
  ['not-found', /Unable to locate package|Couldn't find any package by|has no installation candidate/],
  ['no-version', /Version '.*' for '.*' was not found/],
  [
    'signature',
    /NO_PUBKEY|EXPKEYSIG|is not signed|could not be authenticated|signatures? (?:couldn't be|were invalid)/,
  ],
  [
    'mirror',
    /Failed to fetch|Could not resolve|Temporary failure resolving|Unable to connect to|Could not connect to|Connection (?:timed out|refused|failed)|Hash Sum mismatch|404 {2}Not Found|Some index files failed/,
  ],
  ['held', /Held packages were changed|you have held broken packages.*hold|packages were kept back/],
  [
    'script',
    /script subprocess (?:returned error|failed)|Errors were encountered while processing|Sub-process \/usr\/bin\/dpkg returned/,
  ],
  ['dependencies', /unmet dependencies|held broken packages|Unable to correct problems/],
];

export const aptFailureKind = (output: string): AptFailureKind =>
  signs.find(([, sign]) => sign.test(output))?.[0] ?? 'other';

/**
 * Package lists that are too old, or a mirror in the middle of an update:
 * another `apt-get update` may mend it.
 */
export const mayBeStale = (kind: AptFailureKind): boolean =>
  kind === 'not-found' || kind === 'no-version' || kind === 'mirror';

/**
 * The error for a failed apt or dpkg. `output` is both streams, `earlier` what an `apt-get update` before it
 * complained of. A package whose own scripts or dependencies are wrong is `fail`, all else `error`.
 */
export function aptFailure(
  output: string,
  context: { command: string; exitCode: number | null; ownDebs: boolean; earlier?: string; proxy?: string },
): ShakedownError {
  const kind = aptFailureKind(output);
  const { command, exitCode, ownDebs, earlier = '', proxy } = context;
  return new ShakedownError({
    ...words(kind, output, earlier, proxy),
    verdict: kind === 'script' || (kind === 'dependencies' && ownDebs) ? 'fail' : 'error',
    command,
    exitCode,
    lastLines: evidence(`${earlier}\n${output}`),
  });
}

function words(
  kind: AptFailureKind,
  output: string,
  earlier: string,
  proxy: string | undefined,
): Pick<FailureDetails, 'message' | 'hint'> {
  const first = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '?';
  switch (kind) {
    case 'no-space':
      return {
        message: 'no space left on the node for the packages',
        hint: 'free space (`df -h` on the node), or give it a bigger disk',
      };
    case 'locked':
      return {
        message: `the package system is locked by ${first(/held by process (\d+ ?(?:\([^)]*\))?)/)}`,
        hint: 'wait until it is done (unattended upgrades?), or end it',
      };
    case 'interrupted':
      return {
        message: 'dpkg was interrupted earlier and could not be mended',
        hint: 'run `dpkg --configure -a` on the node and look at what it says',
      };
    case 'virtual':
      return virtualPackage(output);
    case 'not-found': {
      const name = first(
        /(?:locate package|package by \w+ ['"]?|Package '?)\s*([a-z0-9][a-z0-9+.:-]*[a-z0-9+])/,
      );
      if (earlier)
        return {
          message: `package '${name}' was not found, and the package lists could not be updated`,
          hint: mirrorHint(proxy),
        };
      return {
        message: `package '${name}' does not exist in the node's package sources`,
        hint: 'correct its name in `packages`, or add the source that has it to `aptSources`',
      };
    }
    case 'no-version': {
      const [, version = '?', name = '?'] = /Version '(.*)' for '(.*)' was not found/.exec(output) ?? [];
      return {
        message: `package '${name}' does not exist in version ${version} in the node's package sources`,
        hint: `look at what there is with \`apt-cache policy ${name}\` on the node`,
      };
    }
    case 'signature':
      return {
        message: 'a package source is not signed by a key that the node trusts',
        hint: "give the source's `key` in `aptSources`, or set `trusted: true` for it",
      };
    case 'mirror':
      return {
        message: 'a package source could not be reached, or is not in order',
        hint: mirrorHint(proxy),
      };
    case 'held':
      return {
        message: 'a package is held (`apt-mark hold`) in a version that does not fit',
        hint: 'run `apt-mark showhold` on the node, and `apt-mark unhold` what may change',
      };
    case 'script':
      return {
        message: `package '${first(/(?:installed|new|old) (\S+) package [\w-]+ script/)}' could not be set up by dpkg`,
        hint: "look at the lines above, which are the package's own scripts speaking",
      };
    case 'dependencies':
      return {
        message: 'the packages cannot be installed together: their dependencies are not met',
        hint: 'see the lines above for what is missing, and add its source to `aptSources`',
      };
    case 'other':
      return { message: 'apt failed', hint: 'see its last lines above' };
  }
}

/** Providers that are named; of more, how many there are. */
const mostProviders = 12;

/** apt takes no choice where several packages provide a name. */
function virtualPackage(output: string): Pick<FailureDetails, 'message' | 'hint'> {
  const [, name = '?', list = ''] =
    /Package (\S+) is a virtual package provided by:\n((?:[ \t]+\S.*\n?)*)/.exec(output) ?? [];
  const all = [...new Set([...list.matchAll(/^[ \t]+([a-z0-9][a-z0-9+.-]*)/gm)].map(([, each]) => each))];
  const more = all.length > mostProviders ? ` and ${all.length - mostProviders} more` : '';
  return {
    message: `'${name}' is a virtual package, and several provide it: ${all.slice(0, mostProviders).join(', ')}${more}`,
    hint: `name one of them in \`packages\` instead of '${name}'`,
  };
}

const mirrorHint = (proxy: string | undefined): string =>
  `check the node's network and its sources in /etc/apt${proxy ? `, and the package proxy ${proxy}` : ''}, then try again`;

/** The last lines, and the lines that apt marks as errors even when they came earlier. */
function evidence(output: string): string[] {
  const last = lastLinesOf(output, 15);
  const errors = lastLinesOf(output, 1000).filter((line) =>
    /^(?:E:|W: Failed|Err:|Error:|dpkg: error)/.test(line),
  );
  return [...errors.filter((line) => !last.includes(line)).slice(-10), ...last];
}
