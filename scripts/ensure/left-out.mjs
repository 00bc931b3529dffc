import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The packages of this machine that npm left out though it said that all is well: it passes over one that is
 * optional, as those of a platform are, where it cannot be unpacked. `lock` is package-lock.json.
 */
export function leftOut(lock, folder, machine) {
  return Object.entries(lock.packages ?? {})
    .filter(([path, wanted]) => path !== '' && wanted.optional && wanted.os && isFor(wanted, machine))
    .map(([path]) => path)
    .filter((path) => !existsSync(join(folder, path, 'package.json')));
}

/** Whether npm knows the end of its work: it writes this file last, and says nothing where there is no room for it. */
export const isWhole = (folder) => existsSync(join(folder, 'node_modules/.package-lock.json'));

/** As npm knows machines. */
export const thisMachine = () => ({
  os: process.platform,
  cpu: process.arch,
  libc: process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl',
});

const isFor = ({ os, cpu, libc }, machine) =>
  isOneOf(os, machine.os) && isOneOf(cpu, machine.cpu) && isOneOf(libc, machine.libc);

const isOneOf = (list, value) => list === undefined || [list].flat().includes(value);
