import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * Brings a source package of Debian's, with its patches, into the folder `name` below `directory`. Needs
 * nothing of how this machine's apt is set up. `version`: the one that is meant; another one is an error.
 */
export async function debianSource(
  directory: string,
  name: string,
  { release, version }: { readonly release: string; readonly version: string },
): Promise<string> {
  const [apt, unpacked, target] = ['apt', 'unpacked', name].map((part) => join(directory, part)) as [
    string,
    string,
    string,
  ];
  for (const part of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, part), { recursive: true });
  mkdirSync(unpacked, { recursive: true });
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    join(apt, 'list'),
    `deb-src [signed-by=${keyring}] http://deb.debian.org/debian ${release} main\n`,
  );
  writeFileSync(
    join(apt, 'conf'),
    [
      `Dir::Etc::sourcelist "${apt}/list";`,
      'Dir::Etc::sourceparts "-";',
      `Dir::State::lists "${apt}/lists";`,
      `Dir::Cache "${apt}/cache";`,
      'APT::Sandbox::User "root";',
    ].join('\n'),
  );
  const options = { cwd: unpacked, env: { APT_CONFIG: join(apt, 'conf') } };
  await execa('apt-get', ['update', '-q'], options);
  await execa('apt-get', ['source', '-q', '--download-only', `${name}=${version}`], options);
  const dsc = readdirSync(unpacked).find((file) => file.startsWith(`${name}_`) && file.endsWith('.dsc'));
  await execa('dpkg-source', ['--no-check', '-x', dsc ?? `${name}.dsc`, 'source'], options);
  renameSync(join(unpacked, 'source'), target);
  return target;
}
