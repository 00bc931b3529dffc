import { type Bus, BusError } from './bus.ts';
import type { BusValue } from './marshal.ts';
import { askOfUnit, systemctl } from './systemd.ts';
import { interfaceOf, pathOf } from './unit-name.ts';

/** Names of properties: those that each unit has, and those that are its kind's (see systemd.service(5)). */
export interface Properties {
  readonly ofUnit: readonly string[];
  readonly ofKind: readonly string[];
}

/**
 * Some properties of a unit, as texts, as `systemctl show` gives them: `yes` and `no`, numbers in digits;
 * one that its kind has not is left out. Throws BusError when systemd cannot tell.
 */
export async function unitProperties(
  unit: string,
  { ofUnit, ofKind }: Properties,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const otherwise = async () => {
    const list = [...ofUnit, ...ofKind].join(',');
    const { exitCode, stdout, stderr } = await systemctl(['show', '--property', list, '--', unit], signal);
    if (exitCode !== 0) throw new BusError('', stderr || stdout);
    return new Map(stdout.split('\n').flatMap((line) => pairOf(line)));
  };
  const read = async (bus: Bus, name: string) => {
    const get = async (owner: string, property: string): Promise<readonly (readonly [string, string])[]> => {
      const object = { path: pathOf(name), interface: 'org.freedesktop.DBus.Properties' };
      const [value] = await bus.call({ ...object, member: 'Get', signature: 'ss', args: [owner, property] });
      return [[property, textOf(value ?? '')]];
    };
    const asked = [
      ...ofUnit.map((property) => get('org.freedesktop.systemd1.Unit', property)),
      ...ofKind.map((property) => get(interfaceOf(name), property).catch(withoutProperty)),
    ];
    return new Map((await Promise.all(asked)).flat());
  };
  return askOfUnit(unit, read, otherwise, { signal });
}

function withoutProperty(error: unknown): readonly never[] {
  if (error instanceof BusError && /\.Unknown(Property|Interface)$/.test(error.error)) return [];
  throw error;
}

function pairOf(line: string): readonly (readonly [string, string])[] {
  const at = line.indexOf('=');
  return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
}

const textOf = (value: BusValue): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
