import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Letters of `dpkg -l` for the words of a Status field: what is wanted, and what is so (dpkg-query(1)). */
const wanted: Readonly<Record<string, string>> = {
  unknown: 'u',
  install: 'i',
  hold: 'h',
  deinstall: 'r',
  purge: 'p',
};
const state: Readonly<Record<string, string>> = {
  'not-installed': 'n',
  'config-files': 'c',
  'half-installed': 'H',
  unpacked: 'U',
  'half-configured': 'F',
  'triggers-awaited': 'W',
  'triggers-pending': 't',
  installed: 'i',
};

/**
 * Name (with the architecture where several can be there), version and state of each package that dpkg knows,
 * by name.
 */
export async function listPackages(statusFile = '/var/lib/dpkg/status'): Promise<string> {
  const lines: (readonly [name: string, line: string])[] = [];
  let fields: Record<string, string> = {};
  const finish = () => {
    const { Package, Version, Status = '', Architecture } = fields;
    const suffix = fields['Multi-Arch'] === 'same' ? `:${Architecture}` : '';
    const [want = '', broken = '', is = ''] = Status.split(' ');
    const letters = `${wanted[want] ?? '?'}${state[is] ?? '?'}${broken === 'ok' ? ' ' : 'R'}`;
    if (Package && Version) lines.push([Package, `${Package}${suffix}\t${Version}\t${letters}\n`]);
    fields = {};
  };
  for await (const line of createInterface({ input: createReadStream(statusFile), crlfDelay: 0 })) {
    const [, name, value = ''] = /^(Package|Version|Status|Architecture|Multi-Arch): (.*)$/.exec(line) ?? [];
    if (name) fields[name] = value;
    else if (line === '') finish();
  }
  finish();
  lines.sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
  return lines.map(([, line]) => line).join('');
}
