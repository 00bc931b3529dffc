import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { linesOfType, type VagrantLine } from './machine-readable.ts';

/** What to do about errors of vagrant, by the names of their classes (lib/vagrant/errors.rb). */
const hints: Readonly<Record<string, string>> = {
  BoxAddShortNotFound:
    "see what boxes there are: 'vagrant box list'; boxUrl names a file or URL to get one from",
  BoxNotFoundWithProvider: 'name a box that exists for this provider, or another provider',
  BoxProviderDoesntMatch: 'name a box that exists for this provider, or another provider',
  BoxServerNotSet: "name a box that 'vagrant box list' shows, or its file or URL with boxUrl",
  DownloaderError:
    "see whether the box is there ('vagrant box list'), or whether its URL can be had: curl -I URL",
  NoDefaultProvider: "install what it takes, such as vagrant-libvirt, and name it: provider: 'libvirt'",
  ProviderNotFound:
    "install its plugin: 'vagrant plugin install vagrant-NAME', or Debian's package vagrant-NAME",
  ProviderNotUsable: "install what it asks for, or name another provider: provider: 'libvirt'",
  PluginMissingLocalError: 'install the plugins that the Vagrantfile asks for: vagrant plugin install NAME',
  VMBootTimeout: 'look at its console; a slow machine gets more time with bootTimeout',
  VMBootBadState: 'look at its console; does it have the memory and the kernel it takes?',
};

/** Likewise about vagrant-lxc's ExecuteError, by the command that failed. */
const hintsOfLxc: Readonly<Record<string, string>> = {
  'lxc-info':
    "the container got no address; is the bridge up and does it give addresses? 'systemctl start lxc-net'",
  'lxc-start': "if a bridge is missing: 'systemctl start lxc-net' makes lxcbr0",
  'lxc-create': 'is there space for the box? df -h /var/lib/lxc',
};

/**
 * Which of LXC's commands it was: `… executing lxc-info`, `… executing
 * ["sudo", "/usr/bin/env", "lxc-start", …]`.
 */
export const commandOfLxc = (text: string): string | undefined =>
  /executing (?:.*?")?(lxc-[a-z]+)/.exec(text)?.[1];

const hintOf = (kind: string, text: string): string | undefined =>
  kind === 'ExecuteError' ? hintsOfLxc[commandOfLxc(text) ?? ''] : hints[kind];

const ofVagrantfile = [
  'VagrantfileSyntaxError',
  'VagrantfileLoadError',
  'VagrantfileNameError',
  'ConfigInvalid',
  'MachineNotFound',
];

/** What a failed `vagrant` printed, as lines that say nothing useless, and the name of its error. */
function story(lines: readonly VagrantLine[], stderr: string): { kind: string; text: string } {
  const [exit] = linesOfType(lines, 'error-exit');
  const [kind = '', text = ''] = exit?.data ?? [];
  if (exit) return { kind: kind.split('::').at(-1) ?? kind, text };
  const early = stderr.replace(/^Vagrant failed to initialize at a very early stage:\s*/m, '');
  const found = /^There (is a syntax error in the following|was an error loading a) Vagrantfile/m.exec(early);
  return { kind: found ? 'VagrantfileLoadError' : '', text: found ? early.slice(found.index) : early };
}

/** What vagrant-lxc advises, which is not what its user runs. */
const advice =
  /^For more information on the failure, enable detailed logging by setting\s+the environment variable VAGRANT_LOG to DEBUG\.$/m;

/** Without Ruby's stack traces; and vagrant takes a digit in the folder's name for the line, and says 0. */
const told = (text: string): readonly string[] =>
  text
    .replace(advice, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && line !== 'Line number: 0' && !line.startsWith('\tfrom '));

/**
 * A failed `vagrant`: UsageError with vagrant's own words where the Vagrantfile is wrong, else
 * ShakedownError. `command` is what a person would type.
 */
export function vagrantError(failed: {
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly lines: readonly VagrantLine[];
  readonly stderr: string;
}): UsageError | ShakedownError {
  const { kind, text } = story(failed.lines, failed.stderr);
  const lines = told(text);
  if (ofVagrantfile.includes(kind)) {
    return new UsageError(lines.join('\n'), { hint: `mend it until '${failed.command}' has no complaint` });
  }
  const hint = hintOf(kind, text);
  return new ShakedownError({
    message: kind === '' ? 'vagrant failed' : `vagrant failed (${kind})`,
    phase: 'machines',
    command: failed.command,
    exitCode: failed.exitCode ?? null,
    lastLines: lines.slice(-20),
    ...present({ hint }),
  });
}

/** There is no `vagrant` to be run. */
export const vagrantMissing = (): ShakedownError =>
  new ShakedownError({
    message: 'vagrant is not installed',
    phase: 'machines',
    hint: 'apt-get install vagrant vagrant-libvirt libvirt-daemon-system (or vagrant-lxc), or get it from developer.hashicorp.com/vagrant',
  });
