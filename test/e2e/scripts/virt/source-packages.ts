import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { hostMirror } from '../../../../main/providers/debian/apt-mirror.ts';

/**
 * Unpacks Debian's source packages below `directory`, each under its name, from the mirror
 * that this machine uses, by an apt configuration of their own: the machine's sources stay
 * as they are. Gives their folders, by name.
 */
export async function sourcePackages(
  directory: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'sources']) {
    mkdirSync(join(directory, folder), { recursive: true });
  }
  const { main } = await hostMirror();
  writeFileSync(join(directory, 'sources.list'), `deb-src ${main} bookworm main\n`);
  const config = join(directory, 'apt.conf');
  writeFileSync(
    config,
    `Dir::Etc::sourcelist "${directory}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "${directory}/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${directory}/cache";
APT::Sandbox::User "root";
Acquire::Retries "3";
`,
  );
  const env = { APT_CONFIG: config };
  const cwd = join(directory, 'sources');
  await execa('apt-get', ['update', '-qq'], { env });
  await execa('apt-get', ['source', '-qq', ...names], { env, cwd });
  const folders = readdirSync(cwd, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return Object.fromEntries(
    names.map((name) => {
      const found = folders.find((folder) => folder.name.startsWith(`${name}-`));
      if (!found) throw new Error(`apt-get source brought no ${name}`);
      const folder = join(cwd, found.name);
      // As after a build: autopkgtest then needs no dpkg-source on the machine.
      writeFileSync(join(folder, 'debian/files'), '');
      return [name, folder];
    }),
  );
}
