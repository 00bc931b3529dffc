import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { closest } from '../../common/text/closest.ts';

const suffixes = ['ts', 'mts', 'js', 'mjs'];

/** The main and the node config of a scenario's folder, absolute. Throws UsageError where there is none. */
export function configFiles(directory: string): { readonly main: string; readonly node: string } {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`There is no folder ${directory}.`, { hint: init });
  if (!stat.isDirectory()) {
    const hint = "give the scenario's folder, the one that has config/main.config.ts in it";
    throw new UsageError(`${directory} is a file; a scenario is a folder.`, { hint });
  }
  return { main: configFile(directory, 'main.config'), node: configFile(directory, 'node.config') };
}

const init = "'shakedown init DIR' makes a scenario to start from";

function configFile(directory: string, name: string): string {
  const files = suffixes.map((suffix) => join(directory, 'config', `${name}.${suffix}`));
  const file = files.find((each) => lstatSync(each, { throwIfNoEntry: false }));
  if (file === undefined) {
    const hint = meantBy(directory, name) ?? init;
    throw new UsageError(`${directory} is no scenario: it has no config/${name}.ts.`, { hint });
  }
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`${file} is a link to ${readlinkSync(file)}, which is not there.`);
  if (!stat.isFile()) throw new UsageError(`${file} is no file.`);
  return file;
}

/** What to do with the file that was meant to be this config, where one looks like it. */
function meantBy(directory: string, name: string): string | undefined {
  const near = ['config', '.'].flatMap((folder) => {
    const names = namesIn(join(directory, folder));
    const alike = names.find((each) => each.startsWith(`${name}.`)) ?? closest(`${name}.ts`, names);
    return alike === undefined ? [] : [join(directory, folder, alike)];
  });
  return near[0] && `${relative(directory, near[0])} is there: call it config/${name}.ts`;
}

function namesIn(folder: string): readonly string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? readdirSync(folder).sort() : [];
}
