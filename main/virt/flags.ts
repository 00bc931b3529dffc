import { parseArgs } from 'node:util';
import { UsageError } from '../../common/errors.ts';
import { closest } from '../../common/text/closest.ts';
import { machinesOf } from '../config/machines/machines.ts';
import { kinds } from '../providers/kinds.ts';
import type { WantedMachines } from '../run/machines/wanted-machines.ts';

export const help = `Usage: autopkgtest PACKAGE -- shakedown-virt [options]

Gives autopkgtest a machine of any kind that shakedown can make.

  --provider <kind>    nspawn, docker, qemu, vagrant, ec2; the best that works here unless told
  --os <release>       its operating system: bookworm, trixie
  --memory <size>      what it is held to: 512M, 2G
  --cpus <n>           cores
  --package <name>     a Debian package that it has from the start; may be repeated
  --nodes <host>       use this machine over ssh; it is not put back as it was
  -k, --key <file>     private key to log in with
  -u, --user <name>    user to log in as
  --timeout <seconds>  how long it may take until it answers (180)
  --debug              tell what is done
`;

/** What the command line asks for. */
export interface VirtFlags {
  readonly provider: string | undefined;
  /** The machine's options, of which the defaults are the provider's own. */
  readonly machine: Readonly<Record<string, unknown>>;
  /** A machine that exists. */
  readonly host: string | undefined;
  readonly login: { readonly keyFile?: string; readonly user?: string };
  /** Seconds until it answers. */
  readonly timeout: number;
  readonly debug: boolean;
}

const text = { type: 'string' } as const;

/** Throws UsageError for what cannot be meant. */
export function readFlags(args: readonly string[]): VirtFlags | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const { provider, nodes: host, timeout = '180', debug = false, key: keyFile, user } = values;
  const { os, memory, cpus, package: packages } = values;
  const machine = defined({ os, memory, cpus: number('--cpus', cpus), packages });
  if (host !== undefined) {
    if (host.includes(','))
      throw new UsageError(`autopkgtest works on one machine; found '--nodes ${host}'.`);
    const [other] = Object.keys(machine);
    if (other !== undefined || (provider ?? 'ssh') !== 'ssh') {
      throw new UsageError('--nodes names a machine that exists: it is taken as it is.', {
        hint: `leave out --${other === 'packages' ? 'package' : (other ?? 'provider')}`,
      });
    }
  }
  const seconds = number('--timeout', timeout) ?? 0;
  if (!(seconds > 0)) throw new UsageError(`--timeout takes seconds; found '${timeout}'.`);
  return { provider, machine, host, login: defined({ keyFile, user }), timeout: seconds, debug };
}

const known = {
  provider: text,
  os: text,
  memory: text,
  cpus: text,
  package: { type: 'string', multiple: true },
  nodes: text,
  key: { type: 'string', short: 'k' },
  user: { type: 'string', short: 'u' },
  timeout: text,
  debug: { type: 'boolean', short: 'd' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], strict: true, options: known }).values;
  } catch (error) {
    throw new UsageError(inOurWords((error as Error).message), { hint: 'shakedown-virt --help' });
  }
}

/** What Node says of a command line, and which option was likely meant where there is none of that name. */
function inOurWords(message: string): string {
  const [, unknown] = /^Unknown option '(-.*?)'/.exec(message) ?? [];
  if (unknown === undefined) return message;
  const near = closest(
    unknown,
    Object.keys(known).map((name) => `--${name}`),
  );
  return `There is no option '${unknown}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`;
}

function number(flag: string, value: string | undefined): number | undefined {
  if (value === undefined || (value.trim() !== '' && Number.isFinite(Number(value)))) {
    return value === undefined ? undefined : Number(value);
  }
  throw new UsageError(`${flag} takes a number; found '${value}'.`);
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;

/** The one machine that the flags ask `provider` for. Throws UsageError that names every mistake. */
export function wantedMachine(flags: VirtFlags, provider: string): WantedMachines {
  const { host, machine, login } = flags;
  const options = host === undefined ? { count: 1, ...machine } : { hosts: [host] };
  if (kinds[provider]?.makes === false && host === undefined) {
    throw new UsageError(`The machines of '${provider}' exist already: name one with --nodes.`);
  }
  const mistakes: string[] = [];
  const machines = machinesOf({ provider, options }, ({ path, message }) => {
    const flag = path.replace(/^nodes\.(options\.)?/, '--').replace(/^--packages.*/, '--package');
    mistakes.push(`${flag}: ${message}`);
  });
  if (mistakes.length > 0) throw new UsageError(mistakes.join('\n'));
  return { machines: machines.map((one) => ({ ...one, name: 'testbed' })), options, login };
}
