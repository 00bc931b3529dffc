import { mirrorAt, sourcesList } from '../debian/apt-mirror.ts';
import { releaseNamed } from '../debian/releases.ts';
import { settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec } from '../provider.ts';
import {
  containerOf,
  keepOthersLists,
  limitsOf,
  namesOf,
  networks,
  providerBlocks,
  ruby,
} from './provider-blocks.ts';
import { boxFor, type VagrantSettings } from './vagrant-options.ts';

const block = (opening: string, lines: readonly string[]): readonly string[] => [
  opening,
  ...lines.map((line) => `  ${line}`),
  'end',
];

const configure = (lines: readonly string[]): readonly string[] =>
  block("Vagrant.configure('2') do |config|", lines);

const define = (name: string, lines: readonly string[]): readonly string[] =>
  block(`config.vm.define ${ruby(name)} do |machine|`, lines);

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** A setting of `config.vm`, where there is one. */
const setting = (name: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`config.vm.${name} = ${value}`];

/**
 * The Vagrantfile for machines of which only a box is known. Settings stand there for the providers that have
 * them; each provider reads its own block alone.
 */
export function writtenVagrantfile(
  id: string,
  machines: readonly MachineSpec[],
  settings: VagrantSettings,
): string {
  const { boxUrl, boxVersion, bootTimeout } = settings;
  return text([
    `# Written by shakedown for its cluster ${id}.`,
    ...configure([
      "config.vm.synced_folder '.', '/vagrant', disabled: true",
      // We put one of the cluster's in its place ourselves, in a tenth of the time.
      'config.ssh.insert_key = false',
      ...setting('boot_timeout', bootTimeout?.toString()),
      ...setting('box_version', boxVersion === undefined ? undefined : ruby(boxVersion)),
      ...setting('box_url', boxUrl === undefined ? undefined : ruby(boxUrl)),
      ...machines.flatMap((machine) => definition(id, machine, settings)),
    ]),
  ]);
}

function definition(id: string, machine: MachineSpec, settings: VagrantSettings): readonly string[] {
  const own = settingsOfMachine({ ...settings, os: settings.os ?? 'bookworm' }, machine.id);
  const setUp = setUpScript(settings, own.os);
  return define(machine.name, [
    `machine.vm.box = ${ruby(boxFor(settings, own.os) ?? '')}`,
    ...guestOf(machine, settings),
    ...providerBlocks(namesOf(id, machine.name), limitsOf(own), networks, containerOf(id, machine.name)),
    ...(setUp === '' ? [] : [`machine.vm.provision :shell, inline: ${ruby(setUp)}`]),
  ]);
}

/**
 * What vagrant else finds out by some thirty commands in the machine; of a box
 * without a release we do not know it.
 */
function guestOf({ id }: MachineSpec, { nodes, os, box }: VagrantSettings): readonly string[] {
  const named = nodes?.[id]?.os ?? os ?? (box === undefined ? 'bookworm' : undefined);
  return named === undefined ? [] : [`machine.vm.guest = :${releaseNamed(named).distribution}`];
}

/** Debian packages and the mirror to have them from, as vagrant's first provisioning. */
function setUpScript({ mirror, packages }: VagrantSettings, os: string): string {
  if (mirror === undefined && packages.length === 0) return '';
  const sources = () => {
    const release = releaseNamed(os);
    return sourcesList(release, mirrorAt(mirror ?? '', release.distribution));
  };
  const install = `apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`;
  return [
    'set -e',
    'export DEBIAN_FRONTEND=noninteractive',
    ...(mirror === undefined
      ? []
      : ['rm -f /etc/apt/sources.list.d/*', `printf %s "${sources()}" > /etc/apt/sources.list`]),
    'apt-get update -qq',
    ...(packages.length === 0 ? [] : [install]),
  ].join('\n');
}

/**
 * A Vagrantfile that loads the user's own, whose folder stays what its paths are relative to, and gives the
 * machines names of the cluster, whatever theirs are: the user may have the same machines up.
 */
export function wrappingVagrantfile(
  id: string,
  file: string,
  machines: readonly string[],
  bootTimeout?: number,
): string {
  return text([
    `# Written by shakedown for its cluster ${id}.`,
    `load ${ruby(file)}`,
    ...configure([
      ...setting('boot_timeout', bootTimeout?.toString()),
      ...machines.flatMap((name) => define(name, providerBlocks(namesOf(id, name), keepOthersLists))),
    ]),
  ]);
}

/** Just enough to destroy machines by, where the file that made them is gone or broken by now. */
export const bareVagrantfile = (machines: readonly string[]): string =>
  text(configure(machines.flatMap((name) => define(name, ["machine.vm.box = 'none'"]))));
