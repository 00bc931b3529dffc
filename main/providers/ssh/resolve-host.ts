import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { askSsh } from './ask-ssh.ts';
import type { HostQuery, HostSettings, ResolvedHost } from './host-settings.ts';
import { type NotFollowed, notFollowed } from './not-followed.ts';
import { optionPlaces } from './option-places.ts';

/**
 * What OpenSSH's configuration says of a host, as ssh itself works it out (ssh(1), -G): with
 * Include, and with Match by whatever it is, `exec` included. `configFile` is read instead of
 * `~/.ssh/config` and the system's. No settings where there is no ssh and no file for it. Throws
 * UsageError with ssh's words, which name file and line.
 */
export async function resolveHost(query: HostQuery, configFile?: string): Promise<ResolvedHost> {
  const isThere = configFile === undefined || existsSync(configFile);
  const file = isThere ? (configFile ?? ownFile()) : 'none';
  const printing = ask(query, file);
  // In the same go, so that few shells ask ssh of all; where ssh fails, its words are on the host.
  const usual = defaults();
  usual.catch(() => undefined);
  const printed = await printing;
  if (printed === undefined) return nothing;
  const all = settingsOf(printed);
  const taken = all.get('host')?.[0];
  if (taken !== undefined && query.sshArguments && taken !== query.address) {
    throw new UsageError(`${query.address}: in the arguments for ssh '${taken}' is no option`);
  }
  const settings = withoutDefaults(all, await usual);
  const options = notFollowed(settings);
  if (options.length === 0) return { settings, notFollowed: [] };
  return { settings, notFollowed: await withPlaces(options, query, file) };
}

const nothing: ResolvedHost = { settings: new Map(), notFollowed: [] };

const argumentsFor = (
  { address, user, port, sshArguments = [] }: HostQuery,
  file: string | undefined,
): readonly string[] => [
  ...['-G', ...(file === undefined ? [] : ['-F', file])],
  ...(user === undefined ? [] : ['-l', user]),
  ...(port === undefined ? [] : ['-p', String(port)]),
  ...[...sshArguments, '--', address],
];

/** What ssh prints of a host; undefined without ssh and without a file for it. */
async function ask(query: HostQuery, file: string | undefined): Promise<string | undefined> {
  const answer = await askSsh(argumentsFor(query, file));
  if (answer?.exitCode === 0) return answer.stdout;
  const named = file ?? join(homedir(), '.ssh/config');
  if (answer === undefined) {
    if (!existsSync(named) && !query.sshArguments) return undefined;
    const what = query.sshArguments ? `what ${query.address} has for ssh` : named;
    throw new UsageError(`${what} cannot be followed: there is no ssh on this main host.`, {
      hint: 'apt-get install openssh-client',
    });
  }
  const { stderr } = answer;
  const words = (stderr || `it ended with ${answer.exitCode}`)
    .split('\n')
    .filter((line) => !/^Pseudo-terminal/.test(line));
  const { address } = query;
  throw new UsageError(`ssh cannot tell how ${address} is reached: ${words.join(' ').trim()}`, {
    hint: /jumphost loop/.test(stderr)
      ? `give ${address} a Host block of its own, before the others, with 'ProxyJump none'`
      : `ssh -G ${file === undefined ? '' : `-F ${file} `}${address}`,
  });
}

/** Lines `/home/joe/.ssh/config:7: ControlPath is not followed: …`. */
async function withPlaces(
  options: readonly NotFollowed[],
  query: HostQuery,
  file: string | undefined,
): Promise<readonly string[]> {
  const keywords = options.map(({ keyword }) => keyword);
  const args = ['-vvv', ...argumentsFor(query, file)];
  const places = optionPlaces((await askSsh(args))?.stderr ?? '', keywords);
  return options.flatMap(({ keyword, means }) => {
    const place = places.get(keyword);
    // What comes with the system says nothing of this machine: Debian's asks for Kerberos everywhere.
    if (place?.file === '/etc/ssh/ssh_config') return [];
    const where = place === undefined ? '' : `${place.file}:${place.line}: `;
    return [`${where}${keyword} is not followed: ${means}`];
  });
}

/** ssh takes the home folder of /etc/passwd; where HOME says another one, its file must be named. */
function ownFile(): string | undefined {
  if (homedir() === userInfo().homedir) return undefined;
  const file = join(homedir(), '.ssh/config');
  return existsSync(file) ? file : undefined;
}

/** Reads lines `keyword value`, the keyword in lower case. */
function settingsOf(printed: string): HostSettings {
  const settings = new Map<string, string[]>();
  for (const line of printed.split('\n')) {
    const [, keyword = '', value = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword !== '') settings.set(keyword, [...(settings.get(keyword) ?? []), value]);
  }
  return settings;
}

let known: Promise<HostSettings> | undefined;

/** What ssh does where nothing is said. */
function defaults(): Promise<HostSettings> {
  known ??= ask({ address: 'any' }, 'none').then((printed) => settingsOf(printed ?? ''));
  return known;
}

const withoutDefaults = (settings: HostSettings, usual: HostSettings): HostSettings =>
  new Map([...settings].filter(([keyword, values]) => values.join('\n') !== usual.get(keyword)?.join('\n')));
