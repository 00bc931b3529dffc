import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import type { Inventory, Variables } from './inventory.ts';
import { yaml } from './yaml.ts';

/**
 * `group_vars/NAME` and `host_vars/NAME` beside an inventory (`.yml`, `.yaml` or `.json` or nothing at the end) win over
 * what the inventory itself says of that group or machine, as in Ansible. Throws UsageError with file and line.
 */
export function readVariableFiles(inventory: Inventory): void {
  const folder = dirname(inventory.file);
  if (existsSync(join(folder, 'group_vars'))) {
    for (const name of new Set(['all', ...inventory.groups.keys()])) {
      addFile(join(folder, 'group_vars', name), () => inventory.group(name).variables);
    }
  }
  if (!existsSync(join(folder, 'host_vars'))) return;
  for (const [name, variables] of inventory.hosts) addFile(join(folder, 'host_vars', name), () => variables);
}

function addFile(base: string, variables: () => Variables): void {
  const file = ['', '.yml', '.yaml', '.json'].map((ending) => base + ending).find(isFile);
  if (file === undefined) return;
  const { isMap, isScalar, LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, logLevel: 'silent' });
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

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true;
