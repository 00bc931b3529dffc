import { existsSync } from 'node:fs';
import { hostPath } from '../../context/host-path.ts';
import type { MachineSpec } from '../../providers/provider.ts';
import type { NodeFileNames } from './node-files.ts';
import { isPlainObject } from './node-functions.ts';

type Found = { readonly path: string; readonly message: string };

/** What the config is held against. */
interface World {
  /** The scenario's folder, absolute. */
  readonly directory: string;
  readonly machines: readonly MachineSpec[];
  readonly files: NodeFileNames;
}

/**
 * What no field can know by itself: names that occur twice, files and roles that do not exist.
 * Takes the config as written, and passes over what has not even the right shape, so that
 * these are told beside other mistakes.
 */
export function nodeMistakes(written: Readonly<Record<string, unknown>>, world: World): Found[] {
  const { services, setup, place, debs } = written;
  return [
    ...doubles(services, 'name', 'services'),
    ...doubles(setup, 'name', 'setup'),
    ...doubles(place, 'to', 'place'),
    ...texts(place, 'from').flatMap(([index, from]) =>
      missingFile(from, `place[${index}].from`, world.files),
    ),
    ...objects(setup).flatMap(([index, { on, waitFor }]) => [
      ...unknownTarget(on, `setup[${index}].on`, world.machines),
      ...onOf(waitFor, `setup[${index}].waitFor`, world.machines),
    ]),
    ...objects(services).flatMap(([index, { after }]) => afterTargets(after, index, world.machines)),
    ...listOf(debs).flatMap((file, index) =>
      typeof file === 'string' ? missingDeb(hostPath(world.directory, file), `debs[${index}]`) : [],
    ),
  ];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const objects = (list: unknown): [index: number, entry: Record<string, unknown>][] =>
  listOf(list).flatMap((entry, index) => (isPlainObject(entry) ? [[index, entry]] : []));

const texts = (list: unknown, key: string): [index: number, text: string][] =>
  objects(list).flatMap(([index, { [key]: text }]) => (typeof text === 'string' ? [[index, text]] : []));

function doubles(list: unknown, key: string, name: string): Found[] {
  const all = texts(list, key);
  return all.flatMap(([index, text]) => {
    const [first] = all.find(([, other]) => other === text) ?? [index];
    if (first === index) return [];
    return [{ path: `${name}[${index}].${key}`, message: `'${text}' is taken by ${name}[${first}]` }];
  });
}

function missingFile(from: string, path: string, files: NodeFileNames): Found[] {
  const outside = from.startsWith('/') || from.split('/').includes('..');
  if (outside || files.has(from)) return [];
  if (files.unreadable !== undefined) {
    return [
      { path, message: `there is no '${from}': the node files' folder cannot be read (${files.unreadable})` },
    ];
  }
  const near = files.closest(from.replace(/\.tmpl$/, ''));
  return [
    { path, message: `there is no '${from}' in the node files${near ? `; did you mean '${near}'?` : ''}` },
  ];
}

/** Unknown nodes in what a service waits for. */
function afterTargets(after: unknown, index: number, machines: readonly MachineSpec[]): Found[] {
  const list: unknown[] = [after].flat();
  return list.flatMap((each, place) => {
    const path = `services[${index}].after${Array.isArray(after) ? `[${place}]` : ''}`;
    return [...unknownTarget(each, path, machines), ...onOf(each, path, machines)];
  });
}

const onOf = (value: unknown, path: string, machines: readonly MachineSpec[]): Found[] =>
  isPlainObject(value) ? unknownTarget(value.on, `${path}.on`, machines) : [];

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
