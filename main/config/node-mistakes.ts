import { existsSync } from 'node:fs';
import type { MachineSpec } from '../providers/provider.ts';
import type { NodeFileNames } from './node-files.ts';
import type { NodeConfig } from './scenario.ts';

type Found = { readonly path: string; readonly message: string };

/** What no field can know by itself: names that occur twice, files and roles that do not exist. */
export function nodeMistakes(
  config: NodeConfig,
  world: { readonly machines: readonly MachineSpec[]; readonly files: NodeFileNames },
): Found[] {
  return [
    ...doubles(config.services, 'name', 'services', 'a service'),
    ...doubles(config.setup, 'name', 'setup', 'a set-up step'),
    ...doubles(config.place, 'to', 'place', 'a file'),
    ...config.place.flatMap(({ from }, index) => missingFile(from, `place[${index}].from`, world.files)),
    ...config.setup.flatMap(({ on }, index) => unknownTarget(on, `setup[${index}].on`, world.machines)),
    ...config.debs.flatMap((file, index) => missingDeb(file, `debs[${index}]`)),
  ];
}

function doubles<Key extends string>(
  list: readonly { readonly [K in Key]: string }[],
  key: Key,
  name: string,
  what: string,
): Found[] {
  return list.flatMap((entry, index) => {
    const first = list.findIndex((other) => other[key] === entry[key]);
    if (first === index) return [];
    return [
      {
        path: `${name}[${index}].${key}`,
        message: `'${entry[key]}' is taken: ${name}[${first}] is ${what} of that name`,
      },
    ];
  });
}

function missingFile(from: string, path: string, files: NodeFileNames): Found[] {
  if (files.has(from)) return [];
  const near = files.closest(from.replace(/\.tmpl$/, ''));
  return [
    { path, message: `there is no '${from}' in the node files${near ? `; did you mean '${near}'?` : ''}` },
  ];
}

/** A step or check that is meant for nodes that the cluster does not have. */
export function unknownTarget(on: unknown, path: string, machines: readonly MachineSpec[]): Found[] {
  if (typeof on !== 'object' || on === null || machines.length === 0) return [];
  if ('role' in on) {
    if (machines.some((machine) => machine.role === on.role)) return [];
    const roles = [...new Set(machines.flatMap((machine) => machine.role ?? []))];
    const known = roles.length === 0 ? 'no node has a role' : `roles are: ${roles.join(', ')}`;
    return [{ path: `${path}.role`, message: `no node has the role '${String(on.role)}'; ${known}` }];
  }
  if ('node' in on && !machines.some((machine) => machine.id === on.node)) {
    return [
      {
        path: `${path}.node`,
        message: `there is no node ${String(on.node)}; there are 0 to ${machines.length - 1}`,
      },
    ];
  }
  return [];
}

function missingDeb(file: string, path: string): Found[] {
  if (!file.endsWith('.deb')) return [{ path, message: `found '${file}', expected a .deb file` }];
  return existsSync(file) ? [] : [{ path, message: `there is no file ${file}` }];
}
