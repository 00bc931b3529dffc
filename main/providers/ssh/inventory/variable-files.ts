import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import type { Inventory, Variables } from './inventory.ts';
import { isVaulted } from './vault.ts';
import { yaml } from './yaml.ts';

/**
 * `group_vars/NAME` and `host_vars/NAME` beside an inventory (`.yml`, `.yaml` or `.json` or nothing at
 * the end, or a folder of such files) win over what the inventory itself says of that group or
 * machine, as in Ansible. What is encrypted as a whole is left out, and is among the inventory's
 * `vaulted`. Throws UsageError with file and line.
 */
export function readVariableFiles(inventory: Inventory): void {
  const folder = dirname(inventory.file);
  const add = (base: string, variables: () => Variables) => {
    for (const file of filesOf(base)) addFile(file, variables, inventory);
  };
  if (existsSync(join(folder, 'group_vars'))) {
    for (const name of new Set(['all', ...inventory.groups.keys()])) {
      add(join(folder, 'group_vars', name), () => inventory.group(name).inFiles);
    }
  }
  if (!existsSync(join(folder, 'host_vars'))) return;
  for (const [name, variables] of inventory.hosts) add(join(folder, 'host_vars', name), () => variables);
}

const endings = ['.yml', '.yaml', '.json'];

/** The first of the names that is there; of a folder all files, in the order of their names. */
function filesOf(base: string): readonly string[] {
  const found = ['', ...endings].map((ending) => base + ending).find((path) => existsSync(path));
  if (found === undefined) return [];
  return isFolder(found) ? filesBelow(found) : [found];
}

/**
 * As Ansible's host_group_vars takes them: not what is hidden or an editor's copy, and no other sort of file.
 */
function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && !name.endsWith('~'));
  return names.toSorted().flatMap((name) => {
    const path = join(folder, name);
    if (isFolder(path)) return extname(name) === '' ? filesBelow(path) : [];
    return ['', ...endings].includes(extname(name)) ? [path] : [];
  });
}

const isFolder = (path: string): boolean => statSync(path).isDirectory();

function addFile(file: string, variables: () => Variables, inventory: Inventory): void {
  const text = readFileSync(file, 'utf8');
  if (isVaulted(text)) {
    inventory.vaulted.push(file);
    return;
  }
  const { isMap, isScalar, LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  const [mistake] = document.errors;
  if (mistake) throw new UsageError(`${file}:${lines.linePos(mistake.pos[0]).line}: ${mistake.message}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return;
  if (!isMap(contents)) throw new UsageError(`${file}:1: expected variables, as \`name: value\``);
  const values: Readonly<Record<string, unknown>> = contents.toJS(document);
  for (const { key } of contents.items) {
    if (!isScalar(key)) continue;
    const place = `${file}:${lines.linePos(key.range?.[0] ?? 0).line}`;
    variables().set(String(key.value), { value: values[String(key.value)], place });
  }
}
